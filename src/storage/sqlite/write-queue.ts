import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { isBusy, translateError } from './errors.ts';

export interface WriteQueueOptions {
  /** The maximum number of writes that wait. One more is rejected with StoreBusy. */
  maxWaiting: number;
  /** The maximum number of writes in one transaction, which limits how long the event loop is blocked. */
  maxGroup: number;
  /** How long to wait for the lock of another process before the waiting writes are rejected. */
  lockTimeoutMs: number;
  /** Called before every group. If it throws, the waiting writes are rejected. */
  beforeGroup?: () => void;
  /** Called after every commit. If it throws, the writes of the group are rejected, although they may be stored. */
  afterCommit?: () => void;
  /** Called after every group, when the outcomes of its writes are known. */
  afterGroup?: () => void;
}

/** The time between two attempts to get a lock that another process holds. */
const LOCK_RETRY_MS = 5;

interface Write {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  outcome: { value: unknown } | { error: unknown };
}

const NOT_RUN = { error: new Error('not run') };

/**
 * Group commit. An fsync takes much longer than an insert, so all writes that arrive during a commit share the next
 * transaction. Each write has its own outcome, which is reported after the commit is on disk. If a write fails, the group
 * is rolled back and run again with a savepoint for each write, so that no write fails because of another.
 */
export class WriteQueue {
  readonly #db: DatabaseSync;
  readonly #options: WriteQueueOptions;
  readonly #begin: StatementSync;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #rollbackToSavepoint: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  #waiting: Write[] = [];
  #scheduled = false;
  /** Since when the queue has been waiting for a lock (`performance.now()`), or undefined. */
  #blockedSince: number | undefined;
  #onIdle: (() => void)[] = [];

  constructor(db: DatabaseSync, options: WriteQueueOptions) {
    this.#db = db;
    this.#options = options;
    // IMMEDIATE takes the write lock first, so that no later statement fails because it cannot get the lock.
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#savepoint = db.prepare('SAVEPOINT one_write');
    this.#release = db.prepare('RELEASE one_write');
    this.#rollbackToSavepoint = db.prepare('ROLLBACK TO one_write');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  /**
   * Runs `write` in the next transaction. It must be synchronous and only use the database, because it may be rolled back
   * and run again.
   *
   * @returns its result, once it is on disk. Rejected with its error, or with StoreUnavailable, if nothing was stored; only
   *   if the commit itself fails is it unknown whether the write was stored.
   */
  run<T>(write: () => T): Promise<T> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new StoreBusy(`${this.#waiting.length} writes are already waiting`));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run: write, resolve: resolve as Write['resolve'], reject, outcome: NOT_RUN });
      this.#schedule();
    });
  }

  /** Fulfilled when no write is waiting. */
  idle(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Runs after the poll phase, so that the group includes all requests that have arrived.
    setImmediate(() => this.#commitGroup());
  }

  #commitGroup(): void {
    this.#scheduled = false;
    try {
      this.#options.beforeGroup?.();
      this.#begin.run();
    } catch (error) {
      this.#waitForLock(error);
      return;
    }
    this.#blockedSince = undefined;
    const group = this.#waiting.splice(0, this.#options.maxGroup);
    try {
      if (!this.#runTogether(group)) {
        try {
          this.#begin.run();
        } catch (error) {
          // Another process has taken the lock since the rollback: the group waits for it again.
          this.#waiting.unshift(...group);
          this.#waitForLock(error);
          return;
        }
        this.#runWithSavepoints(group);
      }
      this.#commit.run();
      this.#options.afterCommit?.();
      for (const write of group) {
        if ('value' in write.outcome) write.resolve(write.outcome.value);
        else write.reject(translateError(write.outcome.error));
      }
    } catch (error) {
      this.#abandon(group, error);
    }
    this.#options.afterGroup?.();
    if (this.#waiting.length > 0) this.#schedule();
    else for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Runs a group without savepoints, which are slower. If a write fails, rolls back and returns false. */
  #runTogether(group: Write[]): boolean {
    try {
      for (const write of group) write.outcome = { value: write.run() };
      return true;
    } catch {
      if (this.#db.isTransaction) this.#rollback.run();
      return false;
    }
  }

  /** @throws if a write ends the whole transaction, for example because the disk is full. */
  #runWithSavepoints(group: Write[]): void {
    for (const write of group) {
      this.#savepoint.run();
      try {
        write.outcome = { value: write.run() };
      } catch (error) {
        if (!this.#db.isTransaction) throw error;
        write.outcome = { error };
        this.#rollbackToSavepoint.run();
      }
      this.#release.run();
    }
  }

  #abandon(group: Write[], error: unknown): void {
    try {
      if (this.#db.isTransaction) this.#rollback.run();
    } finally {
      const reason =
        error instanceof StoreUnavailable
          ? error
          : new StoreUnavailable(`the transaction failed: ${(error as Error).message}`, { cause: error });
      for (const write of group) write.reject(reason);
    }
  }

  /** Tries again later. Waiting inside SQLite would block the event loop. */
  #waitForLock(error: unknown): void {
    const now = performance.now();
    this.#blockedSince ??= now;
    if (isBusy(error) && now - this.#blockedSince < this.#options.lockTimeoutMs) {
      this.#scheduled = true;
      setTimeout(() => this.#commitGroup(), LOCK_RETRY_MS);
      return;
    }
    this.#blockedSince = undefined;
    this.#abandon(this.#waiting.splice(0), error);
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
