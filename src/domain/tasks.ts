import type { BatchOptions, CreateBatchOptions, CreatedBatch, ItemOutcome } from './batches.ts';
import type { ListQuery, ListStream, Page } from './lists.ts';
import type { ChangeOptions, Created, CreateOptions, KeyReused, VersionMismatch } from './outcomes.ts';
import type { NoSuchUser } from './users.ts';

/** The statuses of a task. Any may follow any: see `docs/statuses.md`. */
export const TASK_STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

/** The statuses of tasks that are still to be done. Only these can be overdue. */
export const OPEN_STATUSES: readonly TaskStatus[] = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED'];

export interface Task {
  taskId: number;
  /** The owner. */
  userId: number;
  taskTitle: string;
  taskDescription?: string;
  taskStatus: TaskStatus;
  /** RFC 3339, as the client sent it; a missing zone or missing seconds are added. */
  dueDate: string;
  /** Minutes before `dueDate`. */
  warningOffset: number;
  /** Increases by one with every change. */
  version: number;
}

export interface NewTask extends Omit<Task, 'taskId' | 'taskDescription' | 'version'> {
  /** Null for none. */
  taskDescription: string | null;
  /** The time of `dueDate`, in microseconds since the epoch. */
  dueAt: bigint;
}

/** The fields to change. A due date comes with its time. */
export type TaskChanges = Partial<NewTask>;

export interface TaskChangeOptions extends ChangeOptions {
  /** Only a task of this user is changed; another one counts as not found. */
  ownerId?: number | undefined;
}

export interface TaskBatchOptions extends BatchOptions {
  /** Only tasks of this user are changed; others count as not found. */
  ownerId?: number | undefined;
}

/** The changes of one task in a batch. */
export interface TaskUpdate {
  taskId: number;
  changes: TaskChanges;
  /** As in `ChangeOptions`. */
  versions?: readonly number[] | undefined;
}

/** A task that a batch deleted. */
export interface DeletedTask {
  taskId: number;
}

export interface TaskFilter {
  /** The owner. */
  userId?: number;
  taskIds?: number[];
  taskStatuses?: TaskStatus[];
  /** Due at or after this time, in microseconds since the epoch. */
  dueAfter?: bigint;
  /** Due before this time, in microseconds since the epoch. */
  dueBefore?: bigint;
  /** Whether the task is open and was due before the time `at` of the query. */
  overdue?: boolean;
  /** Created or changed at or after this time, in milliseconds since the epoch. */
  updatedSince?: number;
  /** Words separated by spaces, as `distinctWordsOf` in `formats/words.ts` gives them. Each is the start of a word of title or description. */
  search?: string;
}

export type TaskSortField = 'taskId' | 'userId' | 'taskTitle' | 'taskStatus' | 'dueDate' | 'warningOffset';

export type TaskQuery = ListQuery<TaskFilter, TaskSortField>;

/** The outcome of one batch of reminders. */
export interface ReminderBatch {
  /** How many reminders were recorded in the change log. */
  reminded: number;
  /** Those of them that were a minute or more late: their entry has `late: true` in `after`. */
  late: number;
  /** Reminders that were missed by more than a day, and so have no entry. */
  dropped: number;
  /** Whether more may be due. */
  more: boolean;
}

export interface TaskRepository {
  /** Creates a task. Ids are never reused. */
  create(task: NewTask, options: CreateOptions): Promise<Created<Task> | typeof NoSuchUser | typeof KeyReused>;
  /** Creates several tasks in one transaction, in order. */
  createBatch(tasks: readonly NewTask[], options: CreateBatchOptions): Promise<CreatedBatch<Task> | typeof KeyReused>;
  /** The task with this id, or undefined. */
  get(taskId: number): Promise<Task | undefined>;
  /** One page of tasks, read from one snapshot. */
  list(query: TaskQuery): Promise<Page<Task>>;
  /** All tasks of a list, read from one snapshot. Ignores `from`, `limit` and `count`. The signal ends the stream. */
  stream(query: TaskQuery, signal: AbortSignal): ListStream;
  /** As `update` of a user. `NoSuchUser` if the new owner does not exist. */
  update(
    taskId: number,
    changes: TaskChanges,
    options: TaskChangeOptions,
  ): Promise<Task | typeof NoSuchUser | typeof VersionMismatch | undefined>;
  /** As `update` for several tasks, in one transaction. No two updates have the same id. */
  updateBatch(updates: readonly TaskUpdate[], options: TaskBatchOptions): Promise<ItemOutcome<Task>[]>;
  /** False if there is no such task. */
  delete(taskId: number, options: TaskChangeOptions): Promise<boolean | typeof VersionMismatch>;
  /** Deletes several tasks in one transaction. The ids differ. */
  deleteBatch(taskIds: readonly number[], options: TaskBatchOptions): Promise<ItemOutcome<DeletedTask>[]>;
  /**
   * Records some of the reminders that are due, earliest first: each adds a `task.reminder` entry to the change log. If
   * several processes do this at once, each reminder is recorded once. When a reminder is due: `reminder-schedule.ts`.
   */
  recordReminders(): Promise<ReminderBatch>;
}
