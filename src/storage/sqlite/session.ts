import type { DatabaseSync } from 'node:sqlite';
import { translateError } from './errors.ts';
import type { OpenFiles } from './open-files.ts';
import type { WriteQueue } from './write-queue.ts';

/** What every repository works with: one connection, on which reads run at once and writes go through a queue. */
export class Session {
  readonly db: DatabaseSync;
  /** The time, in milliseconds since the epoch. */
  readonly clock: () => number;
  readonly #writes: WriteQueue;
  readonly #files: OpenFiles;

  constructor(db: DatabaseSync, parts: { writes: WriteQueue; files: OpenFiles; clock: () => number }) {
    this.db = db;
    this.#writes = parts.writes;
    this.#files = parts.files;
    this.clock = parts.clock;
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
