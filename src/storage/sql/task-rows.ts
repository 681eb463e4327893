import type { ListQuery } from '../../domain/lists.ts';
import {
  type NewTask,
  OPEN_STATUSES,
  TASK_STATUSES,
  type Task,
  type TaskChanges,
  type TaskQuery,
  type TaskSortField,
  type TaskStatus,
} from '../../domain/tasks.ts';
import { withSeconds } from '../../formats/date-time.ts';
import { type Columns, columnList, columnValues, integer, rowDecoder, text } from './columns.ts';
import type { ListTable } from './list-sql.ts';
import { TASK_SEARCH } from './search-words.ts';

/** The fields that requests set. */
const WRITABLE = {
  userId: integer('user_id'),
  taskTitle: text('task_title'),
  taskDescription: { ...text('task_description'), omitNull: true },
  taskStatus: text('task_status'),
  dueDate: text('due_date'),
  warningOffset: integer('warning_offset'),
} satisfies Columns<Exclude<keyof NewTask, 'dueAt'>>;

const TASK_FIELDS = { taskId: integer('task_id'), ...WRITABLE, version: integer('version') };

/** The columns that INSERT and UPDATE set from a {@link NewTask}. */
export const NEW_TASK_FIELDS: Columns<keyof NewTask> = { ...WRITABLE, dueAt: integer('due_at') };

/** The columns that {@link toTask} reads. */
export const TASK_COLUMNS = columnList(TASK_FIELDS);

const MICROSECONDS_PER_MILLISECOND = 1_000n;

const decode = rowDecoder<Task>(TASK_FIELDS);

export function toTask(row: readonly unknown[]): Task {
  const task = decode(row);
  task.dueDate = withSeconds(task.dueDate);
  return task;
}

/** The columns that {@link toPlannedTask} reads. A JavaScript number cannot hold every `due_at` of the year 9999. */
export const PLANNED_TASK_COLUMNS = `${TASK_COLUMNS}, CAST(due_at AS TEXT)`;

/** A task, and when it is due, in microseconds since the epoch. */
export function toPlannedTask(row: readonly unknown[]): { task: Task; dueAt: bigint } {
  return { task: toTask(row), dueAt: BigInt(row.at(-1) as string) };
}

/** The task that was inserted with this id. */
export function insertedTask(taskId: number, task: NewTask): Task {
  return toTask([taskId, ...columnValues(WRITABLE, task), 1]);
}

/** The task after the changes; the same object if no value differs. */
export function changeTask(task: Task, { dueAt, ...changes }: TaskChanges): Task {
  const before = columnValues(WRITABLE, task);
  const after = columnValues(WRITABLE, { ...task, ...changes });
  if (after.every((value, i) => value === before[i])) return task;
  return toTask([task.taskId, ...after, task.version + 1]);
}

/** The filters that the columns of a task must match. */
export interface TaskRowFilter {
  userId?: number | undefined;
  taskIds?: number[] | undefined;
  taskStatus?: TaskStatus | undefined;
  /** None or several. */
  taskStatuses?: TaskStatus[] | undefined;
  /** As in `TaskFilter`. */
  dueAfter?: bigint | undefined;
  dueBefore?: bigint | undefined;
  /** Not overdue at this time, in microseconds since the epoch. */
  notOverdueAt?: bigint | undefined;
  updatedSince?: number | undefined;
  search?: string | undefined;
}

/** The query of the rows. An overdue task is an open one that is due before the time of the query. */
export function toTaskRowQuery(query: TaskQuery): ListQuery<TaskRowFilter, TaskSortField> {
  const { overdue, taskStatuses, ...filter } = query.filter;
  const { at, ...rest } = query;
  const now = BigInt(at ?? 0) * MICROSECONDS_PER_MILLISECOND;
  const statuses = overdue ? OPEN_STATUSES.filter((status) => taskStatuses?.includes(status) ?? true) : taskStatuses;
  const [taskStatus, ...others] = statuses ?? [];
  return {
    ...rest,
    filter: {
      ...filter,
      ...(taskStatus !== undefined && others.length === 0 ? { taskStatus } : { taskStatuses: statuses }),
      dueBefore: overdue && now < (filter.dueBefore ?? now + 1n) ? now : filter.dueBefore,
      notOverdueAt: overdue === false ? now : undefined,
    },
  };
}

/** The list of tasks. The adapters add `visible` and the filter `search`. */
export const TASK_LIST = {
  name: 'tasks',
  search: TASK_SEARCH,
  columns: TASK_COLUMNS,
  filters: {
    userId: 'user_id = ?',
    taskIds: 'task_id IN (?)',
    taskStatus: 'task_status = ?',
    taskStatuses: 'task_status IN (?)',
    dueAfter: 'due_at >= ?',
    dueBefore: 'due_at < ?',
    notOverdueAt: `NOT (due_at < ? AND task_status IN (${OPEN_STATUSES.map((status) => `'${status}'`).join(', ')}))`,
    updatedSince: 'updated_at >= ?',
  },
  ids: 'taskIds',
  ranges: { dueDate: { from: 'dueAfter', before: 'dueBefore' } },
  sortColumns: {
    taskId: 'task_id',
    userId: 'user_id',
    taskTitle: 'task_title',
    taskStatus: 'task_status',
    dueDate: 'due_at',
    warningOffset: 'warning_offset',
  },
  indexed: {
    '': ['taskId', 'userId', 'taskTitle', 'taskStatus', 'dueDate', 'warningOffset'],
    userId: ['taskId', 'userId', 'dueDate', 'taskStatus'],
    taskStatus: ['taskId', 'dueDate', 'taskStatus'],
    'userId taskStatus': ['taskId', 'userId', 'taskStatus', 'dueDate'],
  },
  merged: {
    filter: 'taskStatuses',
    values: TASK_STATUSES,
    condition: 'task_status = ?',
    lists: { taskStatuses: ['taskId', 'dueDate'], 'userId taskStatuses': ['taskId', 'userId', 'dueDate'] },
  },
} satisfies Omit<ListTable<Omit<TaskRowFilter, 'search'>, TaskSortField>, 'visible'>;
