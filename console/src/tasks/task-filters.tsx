import { type ReactNode, useState } from 'react';
import { useOwner } from '../api/owners.ts';
import { nameOf } from '../api/records.ts';
import { hasScopes, useSession } from '../api/session.ts';
import { TIME_ZONE } from '../formats/dates.ts';
import { dayName } from '../formats/periods.ts';
import { currentLocale, t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { FilterBar, FilterChip } from '../ui/filter-bar.tsx';
import { FilterPopover } from '../ui/filter-popover.tsx';
import { lazyPart } from '../ui/lazy-part.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { DUE_CHOICES, TASK_STATUSES } from './search.ts';
import styles from './task-filters.module.css';
import type { TaskSearchState } from './use-task-search.ts';

const DateEntry = lazyPart(() => import('../ui/date-entry.tsx').then((module) => module.DateEntry));
const OwnerPicker = lazyPart(() => import('./owner-picker.tsx').then((module) => module.OwnerPicker));

/** The most characters of a search of the API. */
const MAX_SEARCH_LENGTH = 100;

interface TaskFiltersProps extends TaskSearchState {
  focusRef: { current: (() => void) | undefined };
  /** What is at the end of the line. */
  end: ReactNode;
}

/** What the list is searched and filtered by. */
export function TaskFilters({ search, change, focusRef, end }: TaskFiltersProps) {
  const { caller } = useSession();
  const { words, status } = search;
  return (
    <FilterBar end={end}>
      <SearchField
        name="tasks"
        label={t('tasks.searchHint')}
        value={words}
        onSearch={(text) => change({ words: text.slice(0, MAX_SEARCH_LENGTH) }, { replace: true })}
        focusRef={focusRef}
      />
      <div className={styles.filters}>
        {caller.userId === undefined && hasScopes(['users:read']) && <OwnerFilter search={search} change={change} />}
        <FilterChip
          label={t('tasks.taskStatus')}
          options={TASK_STATUSES.map((value) => ({ value, label: t(`ui.${value}`) }))}
          selected={status}
          onChange={(selected) => change({ status: TASK_STATUSES.filter((one) => selected.includes(one)) })}
          isMultiple
        />
        <DueFilter search={search} change={change} />
      </div>
    </FilterBar>
  );
}

function OwnerFilter({ search: { owner }, change }: TaskSearchState) {
  const user = useOwner(owner);
  const id = owner === undefined ? undefined : t('tasks.user', { id: String(owner) });
  return (
    <FilterPopover
      label={t('tasks.owner')}
      value={user === undefined ? id : nameOf(user)}
      onClear={() => change({ owner: undefined })}
    >
      <OwnerPicker userId={owner} onChange={(next) => change({ owner: next })} name={t('tasks.owner')} autoFocus />
    </FilterPopover>
  );
}

/** A period, or a day that is typed. */
function DueFilter({ search: { due }, change }: TaskSearchState) {
  const [text, setText] = useState('');
  const choice = DUE_CHOICES.find((one) => one === due);
  const day = due === undefined || choice !== undefined ? undefined : formatDay(due);
  return (
    <FilterPopover
      label={t('tasks.dueDate')}
      value={choice === undefined ? day : t(`tasks.due_${choice}`)}
      onClear={() => change({ due: undefined })}
    >
      <div className={styles.choices}>
        {DUE_CHOICES.map((one) => (
          <Button
            key={one}
            aria-pressed={one === choice}
            onClick={() => change({ due: one === choice ? undefined : one })}
          >
            {t(`tasks.due_${one}`)}
          </Button>
        ))}
      </div>
      <DateEntry
        text={text}
        name={t('tasks.dueDay')}
        onChange={(next, reading) => {
          setText(next);
          if (reading.ok) change({ due: dayName(reading.instant, TIME_ZONE) }, { replace: true });
        }}
      />
    </FilterPopover>
  );
}

function formatDay(day: string): string {
  const format = new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeZone: 'UTC' });
  return format.format(new Date(`${day}T00:00:00Z`));
}
