import type { DatabaseSync } from 'node:sqlite';
import {
  type CreateBatchOptions,
  type CreatedBatch,
  type ItemOutcome,
  isRejected,
  notStored,
} from '../../domain/batches.ts';
import { KeyReused } from '../../domain/outcomes.ts';
import type { DeletedTask, NewTask, Task, TaskBatchOptions } from '../../domain/tasks.ts';
import type { NewUser, User } from '../../domain/users.ts';
import { toOutcome } from '../sql/batch-items.ts';
import type { Inserted } from '../sql/inserted.ts';
import { taskWords, userWords } from '../sql/search-words.ts';
import type { BatchKeyRows } from './batch-keys.ts';
import type { BatchRequest, BatchResult } from './batch-requests.ts';
import type { TaskRows } from './tasks.ts';
import type { UserRows } from './users.ts';

export interface BatchRunnerDependencies {
  userRows: UserRows;
  taskRows: TaskRows;
  batchKeys: BatchKeyRows;
  /** Called in each transaction, before it writes. */
  syncRestartedLog: () => void;
}

/** Runs each batch in a transaction. It blocks its thread until the batch is on disk. */
export class BatchRunner {
  readonly #db: DatabaseSync;
  readonly #dependencies: BatchRunnerDependencies;

  constructor(db: DatabaseSync, dependencies: BatchRunnerDependencies) {
    this.#db = db;
    this.#dependencies = dependencies;
  }

  /** Does what can be done before others have to wait. Returns what writes the batch. */
  prepare(request: BatchRequest): () => BatchResult {
    const { userRows: users, taskRows: tasks } = this.#dependencies;
    const { options } = request;
    switch (request.kind) {
      case 'createUsers': {
        const words = request.users.map(userWords);
        const insert = (user: NewUser, i: number) => users.insert(user, options, words[i]);
        return () => this.#create(request.options, request.users, insert);
      }
      case 'createTasks': {
        const words = request.tasks.map(taskWords);
        const insert = (task: NewTask, i: number) => tasks.insert(task, options, words[i]);
        return () => this.#create(request.options, request.tasks, insert);
      }
      case 'updateTasks':
        return () =>
          this.#change(request.options, request.updates, ({ taskId, changes, versions }) =>
            tasks.update(taskId, changes, { ...request.options, versions }),
          );
      case 'deleteTasks':
        return () =>
          this.#change(request.options, request.taskIds, (taskId) => {
            const outcome = tasks.delete(taskId, request.options);
            return outcome === true ? { taskId } : outcome || undefined;
          });
    }
  }

  #create<Input, T extends User | Task>(
    { lenient, idempotencyKey }: CreateBatchOptions,
    inputs: readonly Input[],
    insert: (input: Input, index: number) => Inserted<T> | symbol,
  ): CreatedBatch<T> | 'KeyReused' {
    const { batchKeys: keys } = this.#dependencies;
    return this.#transact<CreatedBatch<T> | 'KeyReused'>(() => {
      const found = idempotencyKey && keys.find<T>(idempotencyKey);
      if (found === KeyReused) return { result: 'KeyReused', stored: false };
      if (found !== undefined) return { result: { outcomes: found, replayed: true }, stored: false };
      const outcomes = inputs.map((input, i) => toOutcome(insert(input, i)));
      if (!lenient && outcomes.some(isRejected)) {
        return { result: { outcomes: notStored(outcomes), replayed: false }, stored: false };
      }
      if (idempotencyKey !== undefined) keys.add(idempotencyKey, outcomes);
      const items = outcomes.map((outcome) => (isRejected(outcome) ? outcome : outcome.item));
      return { result: { outcomes: items, replayed: false }, stored: true };
    });
  }

  #change<Input, T extends Task | DeletedTask>(
    { lenient }: TaskBatchOptions,
    inputs: readonly Input[],
    change: (input: Input) => T | symbol | undefined,
  ): CreatedBatch<T> {
    return this.#transact(() => {
      const outcomes: ItemOutcome<T>[] = inputs.map((input) => toOutcome(change(input)));
      const stored = lenient || !outcomes.some(isRejected);
      return { result: { outcomes: stored ? outcomes : notStored(outcomes), replayed: false }, stored };
    });
  }

  #transact<T>(work: () => { result: T; stored: boolean }): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#dependencies.syncRestartedLog();
      const { result, stored } = work();
      this.#db.exec(stored ? 'COMMIT' : 'ROLLBACK');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}
