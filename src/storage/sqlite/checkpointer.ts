import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { CheckpointReply, CheckpointRequest } from './checkpoint-thread.ts';

/** Thresholds, in pages of the write-ahead log (WAL). */
export interface CheckpointSizes {
  /** The number of pages not yet in the database file that starts a checkpoint immediately. */
  start: number;
  /** The number that starts one if the last started at least {@link MIN_INTERVAL_MS} ago, so that each stays short. */
  startAfterInterval: number;
  /** The length of the WAL at which a checkpoint is completed on this thread, so that the next write restarts the WAL. */
  finish: number;
  /** The length that it reaches only if a reader keeps it from restarting. This is logged, and the file is truncated. */
  large: number;
}

const DEFAULT_SIZES: CheckpointSizes = { start: 4_000, startAfterInterval: 250, finish: 16_000, large: 32_000 };

/** The size of a page in the WAL, including its header. */
const FRAME_BYTES = 4096 + 24;

const MIN_INTERVAL_MS = 100;

/** A row of `PRAGMA wal_checkpoint`. */
type CheckpointRow = [busy: number, walPages: number, copiedPages: number];

/**
 * Runs SQLite's checkpoints in another thread, because they would block the event loop. As long as writes continue, that
 * thread never reaches the end of the WAL, which therefore cannot restart. So once the WAL has grown, the few pages that a
 * checkpoint has left are copied on this thread.
 *
 * A connection with a long read transaction, such as a backup, keeps the WAL from restarting, whatever its size. After
 * that transaction, the other thread truncates the file.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #sizes: CheckpointSizes;
  readonly #logger: Pick<Logger, 'warn' | 'info'> | undefined;
  readonly #measure: StatementSync;
  readonly #checkpoint: StatementSync;
  #thread: Worker | undefined;
  #inFlight = false;
  /** Whether the WAL has become large and has not been truncated since. */
  #large = false;
  /** When the last checkpoint started (`performance.now()`). */
  #startedAt = 0;

  /** @param db the connection that writes. Its automatic checkpoints are turned off. */
  constructor(
    db: DatabaseSync,
    file: string,
    {
      sizes = DEFAULT_SIZES,
      logger,
    }: { sizes?: CheckpointSizes; logger?: Pick<Logger, 'warn' | 'info'> | undefined } = {},
  ) {
    db.exec('PRAGMA wal_autocheckpoint = 0');
    this.#file = file;
    this.#sizes = sizes;
    this.#logger = logger;
    this.#measure = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    for (const statement of [this.#measure, this.#checkpoint]) statement.setReturnArrays(true);
  }

  /** Starts a checkpoint if enough pages are to be copied. Takes some microseconds. */
  startIfDue(): void {
    if (this.#inFlight) return;
    const [, walPages, copiedPages] = this.#measure.get() as unknown as CheckpointRow;
    if (walPages >= this.#sizes.large) this.#reportLarge(walPages);
    const remaining = walPages - copiedPages;
    if (remaining < this.#sizes.startAfterInterval && !this.#large) return;
    const now = performance.now();
    if ((remaining < this.#sizes.start || this.#large) && now - this.#startedAt < MIN_INTERVAL_MS) return;
    this.#startedAt = now;
    this.#inFlight = true;
    this.#thread ??= this.#startThread();
    this.#send(this.#thread, this.#large ? 'truncate' : 'checkpoint');
  }

  /** Ends the thread. Fulfilled when it has closed the file. */
  async close(): Promise<void> {
    if (this.#thread === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    // `once` of node:events would reject if the thread fails; then it has ended, too.
    this.#thread.on('exit', resolve);
    this.#send(this.#thread, 'close');
    await ended;
  }

  #startThread(): Worker {
    const thread = new Worker(new URL('checkpoint-thread.ts', import.meta.url), { workerData: this.#file });
    thread.on('message', ({ truncated }: CheckpointReply) => {
      this.#inFlight = false;
      if (truncated) this.#reportTruncated();
      else if (!this.#large) this.#finishIfLong();
    });
    // For example, it could not open the file. The WAL keeps the data, and the next checkpoint starts another thread.
    thread.on('error', () => {
      this.#thread = undefined;
      this.#inFlight = false;
    });
    return thread;
  }

  #send(thread: Worker, request: CheckpointRequest): void {
    thread.postMessage(request);
  }

  #reportLarge(pages: number): void {
    if (this.#large) return;
    this.#large = true;
    this.#logger?.warn(
      { file: `${this.#file}-wal`, bytes: pages * FRAME_BYTES },
      'write-ahead log is large and growing; a connection with an open transaction, such as a backup, may be the cause',
    );
  }

  #reportTruncated(): void {
    this.#large = false;
    this.#logger?.info({ file: `${this.#file}-wal` }, 'write-ahead log truncated');
  }

  #finishIfLong(): void {
    try {
      const [, walPages] = this.#measure.get() as unknown as CheckpointRow;
      if (walPages >= this.#sizes.finish) this.#checkpoint.get();
    } catch {
      // For example, the disk is full. The WAL keeps the data, and the next checkpoint tries again.
    }
  }
}
