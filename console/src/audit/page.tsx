import { type FormEvent, useState } from 'react';
import type { Change } from '#client';
import { api } from '../api/client.ts';
import { useList } from '../api/use-list.ts';
import { recordId, useUrlState } from '../app/url-state.ts';
import { type ItemProps, useItemKeys } from '../app/use-item-keys.ts';
import { t } from '../i18n/t.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import field from '../ui/field.module.css';
import { ListStates } from '../ui/list-states.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import table from '../ui/table.module.css';
import { ChangedValues } from './changed-values.tsx';
import styles from './page.module.css';
import { Sentence } from './sentence.tsx';

const sequenceOf = ({ sequence }: Change) => sequence;

const STATE = { user: recordId, task: recordId, entry: recordId };

/** Everything that was changed, newest first. `?user` and `?task` filter, `?entry` is open. */
export function Page() {
  const [{ user, task, entry }, setState] = useUrlState(STATE);
  const filter = { ...(user !== undefined && { userId: user }), ...(task !== undefined && { taskId: task }) };
  const { query, items } = useList(['audit', 'page', filter], '-sequence', (page) =>
    api.audit.listPage({ ...page, ...filter }),
  );
  const toggle = ({ sequence }: Change) =>
    setState({ entry: sequence === entry ? undefined : sequence }, { replace: true });
  const itemProps = useItemKeys(items, sequenceOf, toggle);
  const isFiltered = user !== undefined || task !== undefined;
  const clear = <Button onClick={() => setState({ user: undefined, task: undefined })}>{t('audit.clear')}</Button>;
  return (
    <>
      <PageHeader title={t('audit.title')} description={t('audit.description', { days: t('audit.kept') })}>
        <IconButton icon="refresh" name={t('ui.refresh')} onClick={() => void query.refetch()} />
      </PageHeader>
      <Filters key={`${user} ${task}`} user={user} task={task} onFilter={setState}>
        {isFiltered && clear}
      </Filters>
      <ListStates
        query={query}
        isEmpty={items.length === 0}
        empty={
          <EmptyState
            title={t(isFiltered ? 'audit.emptyFilter' : 'audit.empty')}
            actions={isFiltered ? clear : undefined}
          >
            {isFiltered ? undefined : t('audit.emptyHint')}
          </EmptyState>
        }
      >
        <ol className={styles.entries}>
          {items.map((change, index) => (
            <Entry
              key={change.sequence}
              change={change}
              item={itemProps(index)}
              isOpen={change.sequence === entry}
              onToggle={() => toggle(change)}
            />
          ))}
        </ol>
      </ListStates>
    </>
  );
}

interface FiltersProps {
  user: number | undefined;
  task: number | undefined;
  onFilter: (filter: { user: number | undefined; task: number | undefined }) => void;
  children: React.ReactNode;
}

function Filters({ user, task, onFilter, children }: FiltersProps) {
  const [isInvalid, setIsInvalid] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const texts = [String(form.get('user')).trim(), String(form.get('task')).trim()] as const;
    const [userId, taskId] = [recordId.parse(texts[0]), recordId.parse(texts[1])];
    const invalid = (texts[0] !== '' && userId === undefined) || (texts[1] !== '' && taskId === undefined);
    setIsInvalid(invalid);
    if (!invalid) onFilter({ user: userId, task: taskId });
  };
  return (
    <form className={styles.filters} onSubmit={submit} noValidate>
      <IdField label={t('audit.filterUser')} name="user" value={user} />
      <IdField label={t('audit.filterTask')} name="task" value={task} />
      <Button type="submit" icon="filter">
        {t('audit.apply')}
      </Button>
      {children}
      {isInvalid && (
        <p role="alert" className={field.error}>
          {t('audit.invalid')}
        </p>
      )}
    </form>
  );
}

/** Not a `Field` of `ui/`, whose library is larger than this page. */
function IdField({ label, name, value }: { label: string; name: string; value: number | undefined }) {
  return (
    <label className={field.field}>
      <span className={field.label}>{label}</span>
      <input className={field.input} name={name} inputMode="numeric" autoComplete="off" defaultValue={value} />
    </label>
  );
}

interface EntryProps {
  change: Change;
  item: ItemProps;
  isOpen: boolean;
  onToggle: () => void;
}

function Entry({ change, item, isOpen, onToggle }: EntryProps) {
  return (
    <li className={styles.entry} {...item}>
      <div className={styles.line}>
        <p className={styles.sentence}>
          <Sentence change={change} />
        </p>
        <span className={`${table.soft} ${table.nowrap}`}>
          <DateTime value={change.timestamp} form="log" />
        </span>
        <IconButton
          icon={isOpen ? 'chevronDown' : 'chevronRight'}
          name={t('audit.details', { sequence: String(change.sequence) })}
          aria-expanded={isOpen}
          onClick={onToggle}
        />
      </div>
      {isOpen && <ChangedValues change={change} />}
    </li>
  );
}
