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

/** A message to the thread: a batch and the time, in milliseconds since the epoch, or the request to end. */
export type BatchThreadRequest = { request: BatchRequest; now: number } | 'close';

/** A message of the thread: it has opened the file, or a reply. An error is sent as an object, because its class would be lost. */
export type BatchThreadReply =
  | 'opened'
  | { result: BatchResult }
  | { error: { message: string; errcode: number | undefined; stack: string | undefined } };

/** Writes batches. */
export interface Batches {
  /** Fulfilled when the batch is on disk; rejected with StoreUnavailable if the database cannot respond now. */
  create<T extends object>(request: BatchRequest): Promise<CreatedBatch<T> | typeof KeyReused>;
  /** As `create`, for a batch that has no idempotency key. */
  change<T extends object>(request: BatchRequest): Promise<ItemOutcome<T>[]>;
}
