import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../domain/outcomes.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The same thing for both connections of a store: the one that writes, and the one that reads during a sync. */
export interface OnBoth<T> {
  writing: T;
  reading: T;
}

/** Makes the same thing for both connections. */
export function onBoth<T>(make: (name: keyof OnBoth<T>) => T): OnBoth<T> {
  return { writing: make('writing'), reading: make('reading') };
}

/** The statements of a read transaction. It ends with ROLLBACK, because COMMIT fails in a damaged file. */
class ReadTransaction {
  readonly #db: DatabaseSync;
  readonly #begin: RowStatement;
  readonly #version: RowStatement;
  readonly #end: RowStatement;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#begin = prepare(db, 'BEGIN');
    this.#version = prepare(db, 'PRAGMA data_version');
    this.#end = prepare(db, 'ROLLBACK');
  }

  begin(): void {
    this.#begin.run();
  }

  /** Changes when another connection has committed. In a transaction, it also takes the snapshot. */
  version(): number {
    return this.#version.get()?.[0] as number;
  }

  /** SQLite itself ends a transaction after some errors, such as an I/O error. */
  get isOpen(): boolean {
    return this.#db.isTransaction;
  }

  end(): void {
    if (this.isOpen) this.#end.run();
  }
}

/**
 * Decides what reads see: nothing that a power failure could take back.
 *
 * While no sync is running, reads use the connection that writes, which has the most pages in memory. All reads of one turn
 * of the event loop share a read transaction, because beginning one costs more than reading a row. While a sync is running,
 * reads use the other connection, whose snapshot is from before the commit.
 *
 * If another process has committed, it may not have synced yet. Until this process has, {@link onDisk} is false.
 */
export class Snapshots {
  readonly #writing: ReadTransaction;
  readonly #reading: ReadTransaction;
  /** Whether a read transaction of this turn is open on the connection that writes. */
  #turn = false;
  /** Whether a snapshot is held on the connection that reads. */
  #held = false;
  /** The version of the file that was read or written last, and the one that is known to be on disk. */
  #version: number;
  #versionOnDisk: number;

  /** Everything that is visible now must be on disk before the first read. */
  constructor({ writing, reading }: OnBoth<DatabaseSync>) {
    this.#writing = new ReadTransaction(writing);
    this.#reading = new ReadTransaction(reading);
    this.#version = this.#writing.version();
    this.#versionOnDisk = this.#version;
  }

  /**
   * Begins a read. Returns which of the two connections to use until the end of the turn. If the read fails, call
   * {@link endTurn}.
   *
   * @throws StoreUnavailable if the held snapshot was lost. Until it is released, there is nothing that can be shown.
   */
  use<T>({ writing, reading }: OnBoth<T>): T {
    if (this.#held) {
      if (!this.#reading.isOpen)
        throw new StoreUnavailable('SQLite: the snapshot was lost by an I/O error during a sync');
      return reading;
    }
    if (!this.#turn) {
      this.#writing.begin();
      this.#turn = true;
      setImmediate(() => this.endTurn());
      this.#version = this.#writing.version();
    }
    return writing;
  }

  /** Whether everything that reads see now is known to be on disk. */
  get onDisk(): boolean {
    return this.#version === this.#versionOnDisk;
  }

  /** The version that reads see now. When a sync that begins later has ended, pass it to {@link synced}. */
  get version(): number {
    return this.#version;
  }

  /** Reports that a version is on disk. */
  synced(version: number): void {
    this.#versionOnDisk = Math.max(this.#versionOnDisk, version);
  }

  /** Ends the read transaction of this turn, so that the connection can write. */
  endTurn(): void {
    if (!this.#turn) return;
    this.#turn = false;
    this.#writing.end();
  }

  /** Notices commits of other processes. Call it in a transaction that has the lock. */
  refresh(): void {
    this.#version = this.#writing.version();
  }

  /** Holds the current snapshot for reads. Call it after {@link refresh}, before the transaction writes. */
  hold(): void {
    this.#reading.begin();
    try {
      this.#reading.version();
      this.#held = true;
    } finally {
      if (!this.#held) this.#reading.end();
    }
  }

  /** Lets reads see the latest state again. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#reading.end();
  }
}
