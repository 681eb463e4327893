import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { isBusy, translateError } from './errors.ts';

export interface WriteQueueOptions {
  /** How many writes may wait; one more is refused with StoreUnavailable. */
  maxWaiting: number;
  /** How many writes share one transaction at most, which bounds how long the event loop is held. */
  maxGroup: number;
  /** For how many milliseconds a lock of another process is waited for before the waiting writes are refused. */
  lockTimeout: number;
  /** Called before every group. If it throws, the waiting writes are rejected. */
  beforeGroup?: () => void;
  /** Called after every commit. If it throws, the writes of the group are rejected, though they may have been kept. */
  afterCommit?: () => void;
  /** Called after every group, once its writes are answered. */
  afterGroup?: () => void;
}

/** How long to wait before asking again for a lock that another process holds, in milliseconds. */
const LOCK_RETRY = 5;

interface Write {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  outcome: { value: unknown } | { error: unknown };
}

const NOT_RUN = { error: new Error('not run') };

/**
 * Group commit. An fsync costs far more than an insert, so the writes that arrive while one transaction commits are
 * carried together by the next. Each gets its own answer, and no answer is given before the commit that carries it is
 * on disk. When one of them fails, the group is taken back and run again with a savepoint for each, so that none is
 * touched by another's failure.
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
  /** Since when a lock has been waited for (`performance.now()`), or undefined. */
  #blockedSince: number | undefined;
  #onIdle: (() => void)[] = [];

  constructor(db: DatabaseSync, options: WriteQueueOptions) {
    this.#db = db;
    this.#options = options;
    // IMMEDIATE takes the write lock at once, so that no statement inside can fail for the want of it.
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#savepoint = db.prepare('SAVEPOINT one_write');
    this.#release = db.prepare('RELEASE one_write');
    this.#rollbackToSavepoint = db.prepare('ROLLBACK TO one_write');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  /**
   * Runs `write` inside the next transaction. It must be synchronous, and do nothing but use the database, since it may
   * be taken back and run again. Fulfilled with its result once that is on disk; rejected with its error, or with
   * StoreUnavailable, after nothing of it was kept. Only when the commit itself fails is it unknown whether the write
   * was kept: that, too, is StoreUnavailable.
   */
  run<T>(write: () => T): Promise<T> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new StoreBusy(`${this.#waiting.length} writes are waiting already`));
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
    // After the poll phase: everything that arrived on the sockets in this turn of the event loop is in the group.
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
          // Another process took the lock in between: the whole group waits for it as at first.
          this.#waiting.unshift(...group);
          this.#waitForLock(error);
          return;
        }
        this.#runApart(group);
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

  /** False, with nothing done, when one of them failed: nearly never, and savepoints cost every write some time. */
  #runTogether(group: Write[]): boolean {
    try {
      for (const write of group) write.outcome = { value: write.run() };
      return true;
    } catch {
      if (this.#db.isTransaction) this.#rollback.run();
      return false;
    }
  }

  /** @throws when the whole transaction is lost with one of the writes (a full disk, for one). */
  #runApart(group: Write[]): void {
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

  /** Asks again a little later instead of waiting inside SQLite, which would hold up reads and every other request. */
  #waitForLock(error: unknown): void {
    const now = performance.now();
    this.#blockedSince ??= now;
    if (isBusy(error) && now - this.#blockedSince < this.#options.lockTimeout) {
      this.#scheduled = true;
      setTimeout(() => this.#commitGroup(), LOCK_RETRY);
      return;
    }
    this.#blockedSince = undefined;
    this.#abandon(this.#waiting.splice(0), error);
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
