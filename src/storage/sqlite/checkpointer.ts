import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Series } from '../../metrics/histogram.ts';
import type { CheckpointReply, CheckpointRequest } from './checkpoint-thread.ts';
import { APPLICATION_ID } from './migrate.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { OnBoth } from './snapshots.ts';
import { threadExit } from './thread-exit.ts';
import { startThread } from './thread-start.ts';

/** Thresholds, in pages of the write-ahead log (WAL). */
export interface CheckpointSizes {
  /** The number of pages not yet in the database file that starts a checkpoint immediately. */
  start: number;
  /** The number that starts one if the last started at least {@link MIN_INTERVAL_MS} ago, so that each stays short. */
  startAfterInterval: number;
  /** The length of the WAL at which writes are paused until a checkpoint is complete, so that the next write restarts the WAL. */
  finish: number;
  /** The length that it reaches only if a reader keeps it from restarting. This is logged, and the file is truncated. */
  large: number;
}

const DEFAULT_SIZES: CheckpointSizes = { start: 4_000, startAfterInterval: 250, finish: 16_000, large: 32_000 };

/** The size of a page in the WAL, including its header. */
const FRAME_BYTES = 4096 + 24;

const MIN_INTERVAL_MS = 100;

/** The time until the next pause of writes after one in vain, because a reader keeps pages from being copied. */
const PAUSE_RETRY_MS = 1_000;

/** A row of `PRAGMA wal_checkpoint`. */
type CheckpointRow = [busy: number, walPages: number, copiedPages: number];

export interface CheckpointerOptions {
  sizes?: CheckpointSizes;
  logger?: Pick<Logger, 'warn' | 'info'> | undefined;
  /** Stops writes until `resume` is called. Fulfilled when there is no read or write transaction on the file. */
  pause: () => Promise<void>;
  resume: () => void;
  /** Records how long each checkpoint takes, in seconds. */
  durations?: Series | undefined;
  /** Called if the file could not be synced. */
  onSyncFailure: (reason: string) => void;
}

/**
 * Runs SQLite's checkpoints in another thread, because they wait for the disk. As long as writes continue, that thread never
 * reaches the end of the WAL, which therefore cannot restart. So once the WAL has grown, writes are paused while that thread
 * copies the few pages that are left.
 *
 * A connection with a long read transaction, such as a backup, keeps the WAL from restarting, whatever its size. After
 * that transaction, the other thread truncates the file.
 */
export class Checkpointer {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #sizes: CheckpointSizes;
  readonly #options: CheckpointerOptions;
  readonly #measure: RowStatement;
  readonly #measureElsewhere: RowStatement;
  readonly #writeOnePage: StatementSync;
  #thread: Worker | undefined;
  #inFlight = false;
  #paused = false;
  /** Whether the WAL has become large and has not been truncated since. */
  #large = false;
  /** When the last checkpoint started (`performance.now()`). */
  #startedAt = 0;
  /** Before this time (`performance.now()`), writes are not paused. */
  #noPauseBefore = 0;

  /** The length of the WAL before the latest transaction, in pages. */
  #walPages = 0;
  /** When the request in flight was sent (`performance.now()`). */
  #requestedAt = 0;

  /** Turns off the automatic checkpoints of the connection that writes. */
  constructor({ writing: db, reading }: OnBoth<DatabaseSync>, file: string, options: CheckpointerOptions) {
    db.exec('PRAGMA wal_autocheckpoint = 0');
    this.#db = db;
    this.#file = file;
    this.#sizes = options.sizes ?? DEFAULT_SIZES;
    this.#options = options;
    this.#measure = prepare(db, 'PRAGMA wal_checkpoint(NOOP)');
    this.#measureElsewhere = prepare(reading, 'PRAGMA wal_checkpoint(NOOP)');
    this.#writeOnePage = db.prepare(`PRAGMA application_id = ${APPLICATION_ID}`);
  }

  /**
   * Prepares the WAL for the next transaction, and starts a checkpoint if enough pages are to be copied. Takes some
   * microseconds. Call it outside a transaction.
   *
   * @returns whether the WAL must be synced before the next transaction.
   */
  beforeTransaction(): boolean {
    const [, walPages, copiedPages] = this.#measure.get() as CheckpointRow;
    this.#walPages = walPages;
    if (walPages === copiedPages) return this.#restart();
    if (!this.#inFlight) this.#startIfDue(walPages, walPages - copiedPages);
    return false;
  }

  /**
   * Whether the WAL has only the page of a restart: then its header may not be on disk. Can be called in a transaction of the
   * connection that writes, but not of the one that reads.
   */
  isRestarted(): boolean {
    const [, walPages] = this.#measureElsewhere.get() as CheckpointRow;
    return walPages === 1;
  }

  /** The length of the WAL before the latest transaction, in bytes. */
  get walBytes(): number {
    return this.#walPages * FRAME_BYTES;
  }

  /** Ends the thread. Fulfilled when it has closed the file. */
  async close(): Promise<void> {
    if (this.#thread === undefined) return;
    const ended = threadExit(this.#thread);
    this.#send(this.#thread, 'close');
    await ended;
  }

  /**
   * The next transaction writes from the beginning of the WAL. SQLite would write the new header and sync it on this thread:
   * if a page of an old transaction were overwritten while the old header is on disk, the pages before it would be valid
   * after a power failure, and overwrite newer ones in the database file. A transaction of one page needs no such sync:
   * with the old header, either the WAL is as it was, and all in the database file already, or its first page is invalid.
   *
   * @returns false if another process has just restarted it: a second page would make the first one valid with the old header.
   */
  #restart(): boolean {
    this.#db.exec('PRAGMA synchronous = OFF');
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const [, walPages, copiedPages] = this.#measureElsewhere.get() as CheckpointRow;
      // It has this value already. A pragma writes the page nevertheless.
      if (walPages === copiedPages) this.#writeOnePage.run();
      this.#db.exec('COMMIT');
      return walPages === copiedPages;
    } finally {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#db.exec('PRAGMA synchronous = NORMAL');
    }
  }

  #startIfDue(walPages: number, remaining: number): void {
    if (walPages >= this.#sizes.large) this.#reportLarge(walPages);
    if (remaining < this.#sizes.startAfterInterval && !this.#large) return;
    const now = performance.now();
    if ((remaining < this.#sizes.start || this.#large) && now - this.#startedAt < MIN_INTERVAL_MS) return;
    this.#startedAt = now;
    this.#start(this.#large ? 'truncate' : 'checkpoint');
  }

  #start(request: CheckpointRequest): void {
    this.#inFlight = true;
    this.#requestedAt = performance.now();
    this.#thread ??= this.#startThread();
    this.#send(this.#thread, request);
  }

  #startThread(): Worker {
    const thread = startThread(new URL('checkpoint-thread.ts', import.meta.url), { workerData: this.#file });
    thread.on('message', (reply: CheckpointReply) => this.#ended(reply));
    // For example, it could not open the file. The WAL keeps the data, and the next checkpoint starts another thread.
    thread.on('error', () => {
      this.#thread = undefined;
      this.#ended({ walPages: 0, copiedPages: 0, truncated: false });
    });
    return thread;
  }

  /** The lengths are the thread's: measuring fails while the reads of this turn of the event loop share a transaction. */
  #ended({ walPages, copiedPages, truncated, syncFailure }: CheckpointReply): void {
    this.#inFlight = false;
    this.#options.durations?.observe((performance.now() - this.#requestedAt) / 1000);
    if (syncFailure !== undefined) this.#options.onSyncFailure(syncFailure);
    if (truncated) this.#reportTruncated();
    if (this.#paused) {
      this.#paused = false;
      if (copiedPages < walPages) this.#noPauseBefore = performance.now() + PAUSE_RETRY_MS;
      this.#options.resume();
    } else if (walPages >= this.#sizes.finish && !this.#large && performance.now() >= this.#noPauseBefore) {
      this.#inFlight = true;
      this.#paused = true;
      this.#options.pause().then(() => this.#start('checkpoint'));
    }
  }

  #send(thread: Worker, request: CheckpointRequest): void {
    thread.postMessage(request);
  }

  #reportLarge(pages: number): void {
    if (this.#large) return;
    this.#large = true;
    this.#options.logger?.warn(
      { file: `${this.#file}-wal`, bytes: pages * FRAME_BYTES },
      'write-ahead log is large and growing; a connection with an open transaction, such as a backup or a streamed list, may be the cause',
    );
  }

  #reportTruncated(): void {
    this.#large = false;
    this.#options.logger?.info({ file: `${this.#file}-wal` }, 'write-ahead log truncated');
  }
}
