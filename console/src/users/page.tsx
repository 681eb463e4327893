import { useMemo, useRef, useState } from 'react';
import type { User } from '#client';
import { USERS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { useKeys } from '../app/keys.ts';
import { useUrlState } from '../app/url-state.ts';
import { useListKeys } from '../app/use-list-keys.ts';
import { t } from '../i18n/t.ts';
import { useRows } from '../live/use-rows.ts';
import { Button } from '../ui/button.tsx';
import { type Column, DataList } from '../ui/data-list.tsx';
import { useMinute } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, FilterChip } from '../ui/filter-bar.tsx';
import { lazyPart } from '../ui/lazy-part.tsx';
import { NothingFound } from '../ui/nothing-found.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { SplitView } from '../ui/split-view.tsx';
import { useListCursor } from '../ui/use-list-cursor.ts';
import { CHANGED, toQuery, USERS_STATE } from './search.ts';
import { type UserDialog, UserDialogs } from './user-dialogs.tsx';

const UserPanel = lazyPart(() => import('./user-panel.tsx').then((module) => module.UserPanel));

/** The columns, made when the page is shown, because the texts are in the reader's language. */
function columns(): Column<User>[] {
  return [
    {
      id: 'userId',
      header: t('users.id'),
      width: '88px',
      render: (user) => user.userId,
      sortField: 'userId',
      onPhone: 'hidden',
    },
    {
      id: 'firstName',
      header: t('users.firstName'),
      width: 'minmax(120px, 1fr)',
      render: (user) => user.firstName,
      sortField: 'firstName',
      onPhone: 'main',
    },
    {
      id: 'lastName',
      header: t('users.lastName'),
      width: 'minmax(120px, 1fr)',
      render: (user) => user.lastName,
      sortField: 'lastName',
      onPhone: 'main',
    },
    {
      id: 'contactEmail',
      header: t('users.contactEmail'),
      width: 'minmax(200px, 2fr)',
      render: (user) => user.contactEmail,
      sortField: 'contactEmail',
    },
  ];
}

/** All users: search, filters, order; the open one beside the list. */
export function Page() {
  const [state, setState] = useUrlState(USERS_STATE);
  const [dialog, setDialog] = useState<UserDialog>();
  const rows = useRows(USERS, toQuery(state, useMinute()));
  const cursor = useListCursor(rows);
  const focusSearch = useRef<() => void>(undefined);
  const canWrite = hasScopes(['users:write']);
  const isFiltered = state.q !== '' || state.changed.length > 0;
  const open = (user: User) => setState({ user: user.userId });
  const close = () => setState({ user: undefined });
  const act = (kind: 'edit' | 'delete') => (user: User | undefined) => {
    if (user === undefined || !canWrite) return false;
    return setDialog({ kind, user });
  };

  useListKeys({
    ...{ rows, cursor, onOpen: open, isSelectable: false },
    onClose: () => (state.user === undefined ? false : close()),
    more: [
      { keys: 'e', name: 'users.keyEdit', run: act('edit') },
      { keys: 'Delete', name: 'users.keyDelete', run: act('delete') },
    ],
  });
  useKeys([
    { keys: '/', name: 'app.keySearch', run: () => focusSearch.current?.() },
    { keys: 'c', name: 'users.keyCreate', run: () => (canWrite ? setDialog({ kind: 'create' }) : false) },
  ]);

  const create = canWrite && (
    <Button look="primary" icon="plus" onClick={() => setDialog({ kind: 'create' })} aria-keyshortcuts="c">
      {t('users.new')}
    </Button>
  );
  return (
    <SplitView
      panelLabel={t('users.user')}
      panel={
        (state.user !== undefined && (
          <UserPanel
            key={state.user}
            userId={state.user}
            onEdit={(user) => setDialog({ kind: 'edit', user })}
            onDelete={(user) => setDialog({ kind: 'delete', user })}
          />
        )) ||
        undefined
      }
      onClose={close}
    >
      <h1 className="visually-hidden">{t('users.title')}</h1>
      <FilterBar
        end={
          <>
            <span>{t('users.count', { count: rows.total })}</span>
            {create}
          </>
        }
      >
        <SearchField
          name="users"
          label={t('users.search')}
          value={state.q}
          onSearch={(q) => setState({ q }, { replace: true })}
          focusRef={focusSearch}
        />
        <FilterChip
          label={t('users.changed')}
          options={CHANGED.map((value) => ({ value, label: t(`users.changed_${value}`) }))}
          selected={state.changed}
          onChange={(changed) => setState({ changed })}
        />
      </FilterBar>
      <DataList
        label={t('users.title')}
        rows={rows}
        columns={useMemo(columns, [])}
        cursor={cursor}
        sort={state.sort}
        onSort={(sort) => setState({ sort })}
        openId={state.user}
        onOpen={open}
        empty={
          isFiltered ? (
            <NothingFound onClear={() => setState({ q: '', changed: [] })} />
          ) : (
            <EmptyState title={t('users.none')} actions={create || undefined}>
              {t('users.noneHint')}
            </EmptyState>
          )
        }
      />
      <UserDialogs
        dialog={dialog}
        onClose={() => setDialog(undefined)}
        onCreated={(user) => setState({ user: user.userId })}
        onDeleted={() => state.user !== undefined && close()}
      />
    </SplitView>
  );
}
