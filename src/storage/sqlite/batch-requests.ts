import type { CreateBatchOptions, CreatedBatch, ItemOutcome } from '../../domain/batches.ts';
import type { KeyReused } from '../../domain/outcomes.ts';
import type { DeletedTask, NewTask, Task, TaskBatchOptions, TaskUpdate } from '../../domain/tasks.ts';
import type { NewUser, User } from '../../domain/users.ts';

/** A batch, in a form that can be sent between threads. */
export type BatchRequest =
  | { kind: 'createUsers'; users: readonly NewUser[]; options: CreateBatchOptions }
  | { kind: 'createTasks'; tasks: readonly NewTask[]; options: CreateBatchOptions }
  | { kind: 'updateTasks'; updates: readonly TaskUpdate[]; options: TaskBatchOptions }
  | { kind: 'deleteTasks'; taskIds: readonly number[]; options: TaskBatchOptions };

/** What the database did. A text stands for the symbol `KeyReused`, which cannot be sent between threads. */
export type BatchResult = CreatedBatch<User | Task | DeletedTask> | 'KeyReused';

/** The `workerData` of the thread. */
export interface BatchThreadData {
  /** Path of the database file. */
  file: string;
  /** Path of its write-ahead log. */
  log: string;
}

/** A call of the thread: a batch to prepare, or the time at which to write it, in milliseconds since the epoch. */
export type BatchCall = { prepare: BatchRequest } | { writeAt: number };

/** Writes batches. */
export interface Batches {
  /** Fulfilled when the batch is on disk; rejected with StoreUnavailable if the database cannot respond now. */
  create<T extends object>(request: BatchRequest): Promise<CreatedBatch<T> | typeof KeyReused>;
  /** As `create`, for a batch that has no idempotency key. */
  change<T extends object>(request: BatchRequest): Promise<ItemOutcome<T>[]>;
}
