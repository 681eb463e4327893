import type { NewTask, Task, TaskChanges, TaskFilter, TaskSortField, TaskStatus } from '../../domain/tasks.ts';
import { withSeconds } from '../../formats/date-time.ts';
import type { ListTable } from './list-sql.ts';

/** The columns that {@link toTask} reads. */
export const TASK_COLUMNS =
  'task_id, user_id, task_title, task_description, task_status, due_date, warning_offset, version';

export function toTask(row: readonly unknown[]): Task {
  const [taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset, version] = row as [
    number,
    number,
    string,
    string | null,
    TaskStatus,
    string,
    number,
    number,
  ];
  const description = taskDescription === null ? undefined : { taskDescription };
  return {
    taskId,
    userId,
    taskTitle,
    ...description,
    taskStatus,
    dueDate: withSeconds(dueDate),
    warningOffset,
    version,
  };
}

/** The columns that {@link toPlannedTask} reads. What is due in the year 9999 fits no number. */
export const PLANNED_TASK_COLUMNS = `${TASK_COLUMNS}, CAST(due_at AS TEXT)`;

/** A task, and the instant when it is due, in microseconds since the epoch. */
export function toPlannedTask(row: readonly unknown[]): { task: Task; dueAt: bigint } {
  return { task: toTask(row), dueAt: BigInt(row.at(-1) as string) };
}

/** A task that was inserted under an id. */
export function insertedTask(taskId: number, task: NewTask): Task {
  const { userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = task;
  return toTask([taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset, 1]);
}

const FIELDS = ['userId', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset'] as const;

/** The task after the changes; the very same object when they change nothing. */
export function changeTask(task: Task, { dueAt, ...changes }: TaskChanges): Task {
  const before = { taskDescription: null, ...task };
  const after = { ...before, ...changes };
  if (FIELDS.every((field) => after[field] === before[field])) return task;
  const { taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = after;
  return toTask([taskId, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset, task.version + 1]);
}

/** The list of tasks, in the dialect that the databases share. */
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
