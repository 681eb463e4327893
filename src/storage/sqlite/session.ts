import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../domain/outcomes.ts';
import { translateError } from './errors.ts';
import type { LogSync } from './log-sync.ts';
import type { OpenFiles } from './open-files.ts';
import type { OnBoth, Snapshots } from './snapshots.ts';
import type { WriteQueue } from './write-queue.ts';

/** What prepares statements. */
export interface Connection {
  db: DatabaseSync;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

export interface SessionDependencies {
  writes: WriteQueue;
  snapshots: Snapshots;
  sync: LogSync;
  files: OpenFiles;
  /** The maximum time that a read waits for a sync, in milliseconds. */
  timeoutMs: number;
}

/** What all repositories share. Reads run immediately; writes go through the write queue. */
export class Session {
  /** For the statements of repositories. */
  readonly connections: OnBoth<Connection>;
  readonly #dependencies: SessionDependencies;

  constructor(connections: OnBoth<Connection>, dependencies: SessionDependencies) {
    this.connections = connections;
    this.#dependencies = dependencies;
  }

  /**
   * Runs a short read on one of the two connections. What it returns is on disk.
   *
   * Rejected with StoreUnavailable if the database cannot respond now.
   */
  read<Rows, T>(rows: OnBoth<Rows>, read: (rows: Rows) => T): Promise<T> {
    const { files, sync, snapshots } = this.#dependencies;
    try {
      files.checkAgain();
      sync.checkFailure();
      const value = read(snapshots.use(rows));
      return snapshots.onDisk ? Promise.resolve(value) : this.#whenSynced(value);
    } catch (error) {
      // The error may have ended the transaction that the reads of this turn share.
      snapshots.endTurn();
      return Promise.reject(translateError(error));
    }
  }

  /** Runs a write inside the next transaction. Fulfilled when it is on disk. */
  write<T>(write: () => T): Promise<T> {
    return this.#dependencies.writes.run(write);
  }

  /** Fulfilled when everything that any connection of this process has read is on disk. */
  async readElsewhereIsOnDisk(): Promise<void> {
    const { sync } = this.#dependencies;
    if (sync.running !== undefined) await this.#inTime(sync.running);
    // Another process may have committed.
    await this.read({ writing: undefined, reading: undefined }, () => undefined);
  }

  /** Another process has committed and may not have synced. */
  async #whenSynced<T>(value: T): Promise<T> {
    const { sync, snapshots } = this.#dependencies;
    const { version } = snapshots;
    await this.#inTime(sync.sync());
    snapshots.synced(version);
    return value;
  }

  async #inTime(synced: Promise<void> | undefined): Promise<void> {
    const { timeoutMs } = this.#dependencies;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new StoreUnavailable(`SQLite: the disk has not completed a sync within ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      await Promise.race([synced, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
