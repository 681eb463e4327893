import type { DatabaseSync, StatementSync } from 'node:sqlite';
// Not the global, which some tests stop.
import { setTimeout } from 'node:timers';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { isBusy, translateError } from './errors.ts';
import type { QueuedWrite, WriteQueueOptions } from './write-queue-options.ts';

/** A lock of another process is tried for in every turn of the event loop for this long: a group holds it no longer. */
const LOCK_EAGER_MS = 3;
/** The time between two later attempts. */
const LOCK_RETRY_MS = 5;
/** How often writes that have waited for too long are looked for while the disk is slow. */
const EXPIRY_INTERVAL_MS = 250;
/**
 * After a slow sync, the next group waits this share of its duration for the clients that have just been responded to.
 * Otherwise they would form two groups that take turns, each half as large.
 */
const GATHER_SHARE = 0.6;
/** But no longer than this: after a disk has stood still for seconds, the clients it had made wait may be gone. */
const GATHER_MAX_MS = 100;

interface Write extends QueuedWrite {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  outcome: { value: unknown } | { error: unknown };
}

const NOT_RUN = { error: new Error('not run') };

/**
 * Group commit. An fsync takes much longer than an insert, so all writes that arrive during a commit share the next
 * transaction. Each write has its own outcome, which is reported after the commit is on disk. If a write fails, the group
 * is rolled back and run again with a savepoint for each write, so that no write fails because of another. The next group
 * starts after the sync of the one before.
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
  /** The writes that are committed and being synced. */
  #unsynced: Write[] = [];
  /** Whether the next group is about to start, or something must end before it can. */
  #scheduled = false;
  /** How many callers of {@link pause} have not called {@link resume}. */
  #pauses = 0;
  /** How many writes at the head of the queue are a group that failed. Each of them runs with a savepoint. */
  #failed = 0;
  /** Since when the queue has been waiting for a lock (`performance.now()`), or undefined. */
  #blockedSince: number | undefined;
  /** The next group starts with so many writes, or at that time. */
  #gather = { size: 0, until: 0 };
  #gatherTimer: NodeJS.Timeout | undefined;
  #expiryTimer: NodeJS.Timeout | undefined;
  #onIdle: (() => void)[] = [];
  #onQuiet: (() => void)[] = [];

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
   *   if the commit or the sync fails or takes too long is it unknown whether the write was stored.
   */
  run<T>(write: () => T): Promise<T> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new StoreBusy(`${this.#waiting.length} writes are already waiting`));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        since: performance.now(),
        span: this.#options.currentSpan?.(),
        run: write,
        resolve: resolve as Write['resolve'],
        reject,
        outcome: NOT_RUN,
      });
      this.#schedule();
    });
  }

  /** Whether a write is waiting or being synced. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#unsynced.length > 0;
  }

  /** Fulfilled when no write is waiting or being synced. */
  idle(): Promise<void> {
    if (!this.busy) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** @throws StoreUnavailable if a write has been waiting for too long: then the disk or another process does not respond. */
  checkProgress(): void {
    const since = (this.#unsynced[0] ?? this.#waiting[0])?.since;
    const { timeoutMs } = this.#options;
    if (since !== undefined && since < performance.now() - timeoutMs) {
      throw new StoreUnavailable(`no write has been stored for ${timeoutMs} ms`);
    }
  }

  /** Starts no group until {@link resume} has been called as often. Fulfilled when no write is being synced. */
  pause(): Promise<void> {
    this.#pauses++;
    this.#watchExpiry();
    if (this.#unsynced.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onQuiet.push(resolve));
  }

  resume(): void {
    this.#pauses--;
    this.#next();
  }

  #schedule(): void {
    if (this.#scheduled || this.#pauses > 0) return;
    const { size, until } = this.#gather;
    if (this.#waiting.length < size) {
      const remaining = until - performance.now();
      if (remaining > 0) {
        this.#gatherTimer ??= setTimeout(() => {
          this.#gather.size = 0;
          this.#gatherTimer = undefined;
          if (this.#waiting.length > 0) this.#schedule();
        }, remaining);
        return;
      }
    }
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
    this.#gather.size = 0;
    this.#scheduled = true;
    // Runs after the poll phase, so that the group includes all requests that have arrived.
    setImmediate(() => this.#commitGroup());
  }

  /** Schedules the next group, or reports that there is none. */
  #next(): void {
    for (const resolve of this.#onQuiet.splice(0)) resolve();
    if (this.#pauses > 0) return;
    clearInterval(this.#expiryTimer);
    this.#expiryTimer = undefined;
    if (this.#waiting.length > 0) this.#schedule();
    else for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #commitGroup(): void {
    this.#scheduled = false;
    if (this.#pauses > 0) return;
    this.#rejectExpired();
    if (this.#waiting.length === 0) {
      this.#next();
      return;
    }
    try {
      if (this.#options.beforeGroup?.()) {
        this.#afterSync(() => this.#commitGroup());
        return;
      }
      this.#begin.run();
      if (this.#options.afterBegin?.()) {
        this.#rollback.run();
        this.#afterSync(() => this.#commitGroup());
        return;
      }
    } catch (error) {
      this.#waitForLock(error);
      return;
    }
    this.#blockedSince = undefined;
    const failed = this.#failed;
    this.#failed = 0;
    const group = this.#waiting.splice(0, failed || this.#options.maxGroup);
    if (failed === 0) this.#options.onGroup?.(group);
    try {
      if (failed > 0) {
        this.#runWithSavepoints(group);
      } else if (!this.#runTogether(group)) {
        // Another process may take the lock, so everything that a group begins with is done again.
        this.#failed = group.length;
        this.#waiting.unshift(...group);
        this.#options.afterGroup?.();
        this.#commitGroup();
        return;
      }
      this.#commit.run();
    } catch (error) {
      this.#abandon(group, error);
      this.#options.afterGroup?.();
      this.#next();
      return;
    }
    this.#unsynced = group;
    this.#afterSync(() => this.#respond());
  }

  /** Calls `then` after a sync. If the sync fails, nothing is written anymore. */
  #afterSync(then: () => void): void {
    let running: Promise<void> | undefined;
    try {
      running = this.#options.sync();
    } catch (error) {
      this.#abandonAll(error);
      return;
    }
    if (running === undefined) {
      then();
      return;
    }
    this.#scheduled = true;
    this.#watchExpiry();
    const start = performance.now();
    running.then(
      () => {
        this.#scheduled = false;
        const now = performance.now();
        const size = Math.min(this.#options.maxGroup, this.#waiting.length + this.#unsynced.length);
        this.#gather = { size, until: now + Math.min(GATHER_SHARE * (now - start), GATHER_MAX_MS) };
        then();
      },
      (error) => {
        this.#scheduled = false;
        this.#abandonAll(error);
      },
    );
  }

  /** Responds to the writes that have been synced. */
  #respond(): void {
    const group = this.#unsynced;
    this.#unsynced = [];
    try {
      this.#options.afterSync?.();
      for (const write of group) {
        if ('value' in write.outcome) write.resolve(write.outcome.value);
        else write.reject(translateError(write.outcome.error));
      }
    } catch (error) {
      this.#abandon(group, error);
    }
    this.#options.afterGroup?.();
    this.#next();
  }

  /** Looks for writes that have waited for too long until the next group starts. */
  #watchExpiry(): void {
    this.#expiryTimer ??= setInterval(() => this.#rejectExpired(), EXPIRY_INTERVAL_MS);
  }

  #rejectExpired(): void {
    const { timeoutMs } = this.#options;
    const oldest = performance.now() - timeoutMs;
    const waited = `waited longer than ${timeoutMs} ms`;
    for (const { since, reject } of this.#unsynced) {
      if (since < oldest) reject(new StoreUnavailable(`a write ${waited}; it may be stored`));
    }
    const waiting = this.#waiting.findIndex(({ since }) => since >= oldest);
    for (const { reject } of this.#waiting.splice(0, waiting === -1 ? this.#waiting.length : waiting)) {
      reject(new StoreUnavailable(`a write ${waited}; it is not stored`));
    }
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

  /** After a failed sync. The snapshot for reads remains held: later ones have what was not synced. */
  #abandonAll(error: unknown): void {
    this.#abandon([...this.#unsynced.splice(0), ...this.#waiting.splice(0)], error);
    this.#next();
  }

  /** Tries again later. Waiting inside SQLite would block the event loop. */
  #waitForLock(error: unknown): void {
    const now = performance.now();
    this.#blockedSince ??= now;
    if (this.#db.isTransaction) this.#rollback.run();
    if (isBusy(error) && now - this.#blockedSince < this.#options.lockTimeoutMs) {
      this.#scheduled = true;
      if (now - this.#blockedSince < LOCK_EAGER_MS) setImmediate(() => this.#commitGroup());
      else setTimeout(() => this.#commitGroup(), LOCK_RETRY_MS);
      return;
    }
    this.#blockedSince = undefined;
    this.#abandon(this.#waiting.splice(0), error);
    this.#next();
  }
}
