import type { NewTask, Task, TaskChanges, TaskFilter, TaskSortField } from '../../domain/tasks.ts';
import { withSeconds } from '../../formats/date-time.ts';
import { type Columns, columnList, columnValues, integer, rowDecoder, text } from './columns.ts';
import type { ListTable } from './list-sql.ts';

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

/** The list of tasks. The adapters add `visible`. */
export const TASK_LIST: Omit<ListTable<TaskFilter, TaskSortField>, 'visible'> = {
  name: 'tasks',
  columns: TASK_COLUMNS,
  filters: { userId: 'user_id = ?', taskStatus: 'task_status = ?', updatedSince: 'updated_at >= ?' },
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
    'userId taskStatus': ['taskId', 'userId', 'taskStatus'],
  },
};
