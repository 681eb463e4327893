import { type ReactNode, useEffect, useLayoutEffect, useMemo } from 'react';
import type { Task } from '#client';
import { useOwner } from '../api/owners.ts';
import { nameOf, TASKS } from '../api/records.ts';
import { useStore } from '../api/store.ts';
import { useListKeys } from '../app/use-list-keys.ts';
import { t } from '../i18n/t.ts';
import { useRows } from '../live/use-rows.ts';
import { type Column, DataList } from '../ui/data-list.tsx';
import { DateTime, useMinute } from '../ui/date-time.tsx';
import { Icon } from '../ui/icon.tsx';
import { StatusChip } from '../ui/status-chip.tsx';
import { useListCursor } from '../ui/use-list-cursor.ts';
import { isOverdue } from './due-date.ts';
import styles from './task-table.module.css';
import { tasksToDelete } from './tasks-to-delete.ts';

/** The columns, made when the table is shown, because the texts are in the reader's language. */
const columns = (): readonly Column<Task>[] => [
  {
    id: 'title',
    header: t('tasks.taskTitle'),
    width: 'minmax(160px, 1fr)',
    sortField: 'taskTitle',
    onPhone: 'main',
    render: (task) => <Title task={task} />,
  },
  {
    id: 'owner',
    header: t('tasks.owner'),
    width: '160px',
    sortField: 'userId',
    onPhone: 'hidden',
    render: ({ userId }) => <Owner userId={userId} />,
  },
  {
    id: 'status',
    header: t('tasks.taskStatus'),
    width: '144px',
    sortField: 'taskStatus',
    render: ({ taskStatus }) => <StatusChip status={taskStatus} />,
  },
  {
    id: 'due',
    header: t('tasks.dueDate'),
    width: '164px',
    sortField: 'dueDate',
    render: (task) => <Due task={task} />,
  },
];

interface TaskTableProps {
  /** Filters and order. */
  query: object;
  sort: string;
  onSort: (sort: string) => void;
  selected: readonly number[];
  onSelect: (ids: readonly number[], isAll?: boolean) => void;
  /** Receives the task that keys act on. */
  onCurrent: (task: Task | undefined) => void;
  onOpen: (task: Task) => void;
  /** Closes the open task. Returns false if there is none. */
  onClose: () => boolean;
  /** Receives the number of tasks that match. */
  onTotal: (total: number | undefined) => void;
  openId: number | undefined;
  empty: ReactNode;
}

/** All tasks that match, in a table. */
export function TaskTable(props: TaskTableProps) {
  const { query, sort, onSort, selected, onSelect, onCurrent, onOpen, onClose, onTotal, openId, empty } = props;
  const rows = useRows<Task>(TASKS, query);
  const cursor = useListCursor(rows, selected, onSelect);
  useListKeys({ rows, cursor, onOpen, onClose });
  const current = cursor.index === undefined ? undefined : rows.at(cursor.index);
  const total = rows.isStale ? undefined : rows.total;
  useLayoutEffect(() => onCurrent(current), [current, onCurrent]);
  useEffect(() => onTotal(total), [total, onTotal]);
  return (
    <DataList
      label={t('tasks.title')}
      rows={rows}
      columns={useMemo(columns, [])}
      cursor={cursor}
      onOpen={onOpen}
      openId={openId}
      sort={sort}
      onSort={onSort}
      isSelectable
      empty={empty}
    />
  );
}

/** The title; of a task that is about to be deleted, struck through. */
export function Title({ task }: { task: Task }) {
  const isDeleted = useStore(tasksToDelete).has(task.taskId);
  return isDeleted ? <del className={styles.deleted}>{task.taskTitle}</del> : task.taskTitle;
}

/** The name of the owner, or the ID until it is known. */
export function Owner({ userId }: { userId: number }) {
  const owner = useOwner(userId);
  return owner === undefined ? t('tasks.user', { id: String(userId) }) : nameOf(owner);
}

/** When a task is due. Being overdue is a sign, a word and a colour. */
export function Due({ task }: { task: Task }) {
  const overdue = isOverdue(task, useMinute());
  if (!overdue) return <DateTime value={task.dueDate} />;
  return (
    <span className={styles.overdue}>
      <Icon name="warning" size={14} />
      <DateTime value={task.dueDate} />
      <span className="visually-hidden">{t('tasks.overdue')}</span>
    </span>
  );
}
