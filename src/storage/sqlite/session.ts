import type { DatabaseSync } from 'node:sqlite';
import { translateError } from './errors.ts';
import type { OpenFiles } from './open-files.ts';
import type { WriteQueue } from './write-queue.ts';

/** The connection that all repositories share. Reads run immediately; writes go through the write queue. */
export class Session {
  readonly db: DatabaseSync;
  /** The time, in milliseconds since the epoch. */
  readonly clock: () => number;
  readonly #writes: WriteQueue;
  readonly #files: OpenFiles;

  constructor(db: DatabaseSync, dependencies: { writes: WriteQueue; files: OpenFiles; clock: () => number }) {
    this.db = db;
    this.#writes = dependencies.writes;
    this.#files = dependencies.files;
    this.clock = dependencies.clock;
  }

  /** Runs a short read. Rejected with StoreUnavailable if the database cannot respond now. */
  read<T>(read: () => T): Promise<T> {
    try {
      this.#files.checkAgain();
      return Promise.resolve(read());
    } catch (error) {
      return Promise.reject(translateError(error));
    }
  }

  /** Runs a write inside the next transaction. Fulfilled when it is on disk. */
  write<T>(write: () => T): Promise<T> {
    return this.#writes.run(write);
  }
}
