import type { ListQuery } from './lists.ts';
import type { ChangeOptions } from './outcomes.ts';

export interface TaskChangeOptions extends ChangeOptions {
  /** Only while it belongs to this user: otherwise it counts as not there. */
  ownerId?: number | undefined;
}

/** The statuses of a task (contract, section 1). Each may follow each. */
export const TASK_STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

export interface Task {
  taskId: number;
  /** The owner. */
  userId: number;
  taskTitle: string;
  taskDescription?: string;
  taskStatus: TaskStatus;
  /** As it was sent, with a zone in any case. */
  dueDate: string;
  /** Minutes before `dueDate`. */
  warningOffset: number;
  /** Grows by one with every change. */
  version: number;
}

export interface NewTask extends Omit<Task, 'taskId' | 'taskDescription' | 'version'> {
  /** Null for none. */
  taskDescription: string | null;
  /** The instant of `dueDate`, in microseconds since the epoch. */
  dueAt: bigint;
}

/** What is to change; a due date always together with its instant. */
export type TaskChanges = Partial<NewTask>;

export interface TaskFilter {
  /** The owner. */
  userId?: number;
  taskStatus?: TaskStatus;
  /** As in {@link UserFilter}. */
  updatedSince?: number;
}

export type TaskSortField = 'taskId' | 'userId' | 'taskTitle' | 'taskStatus' | 'dueDate' | 'warningOffset';

export type TaskQuery = ListQuery<TaskFilter, TaskSortField>;

/** How many tasks were reminded of, and how. */
export interface Reminded {
  /** All that have an entry in the change log. */
  reminded: number;
  /** Those of them that were reminded of a minute or more after their time: the entry has `late: true` in `after`. */
  late: number;
  /** Those that were missed for a day, and so have no entry. */
  dropped: number;
  /** Whether there may be more. */
  more: boolean;
}
