import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { CheckpointReply, CheckpointRequest } from './checkpoint-thread.ts';

/** Sizes in pages of the log. */
export interface CheckpointSizes {
  /** How many pages that are not in the file yet start a checkpoint at once. Fewer would write the same pages more often. */
  start: number;
  /** How many start one when the last was a moment ago: many at once keep the disk busy, and a commit waits for it. */
  startInTime: number;
  /** How long the log may be before it is carried over whole, so that the next write begins it anew. */
  finish: number;
  /** How long it is only while something keeps it from beginning anew. That is logged, and its file is truncated then. */
  large: number;
}

const DEFAULTS: CheckpointSizes = { start: 4_000, startInTime: 250, finish: 16_000, large: 32_000 };

/** Bytes of a page in the log, with its header. */
const FRAME_BYTES = 4096 + 24;

/** What a moment is, in milliseconds. */
const MOMENT = 100;

/** A row of `PRAGMA wal_checkpoint`: whether it was in the way of another, the log's length, how much is in the file. */
type CheckpointRow = [busy: number, length: number, carried: number];

/**
 * Carries SQLite's log into its file from another thread: on the main thread every request would wait for it. While
 * writes go on the other thread never reaches the end of the log, which can then not begin anew; so once it has
 * grown, what is left after a checkpoint, a moment's writes, is carried over right here.
 *
 * A connection that goes on reading from one moment, such as a backup, keeps the log from beginning anew, however large
 * it grows. Once that is over the other thread truncates its file.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #sizes: CheckpointSizes;
  readonly #logger: Pick<Logger, 'warn' | 'info'> | undefined;
  readonly #measure: StatementSync;
  readonly #carry: StatementSync;
  #thread: Worker | undefined;
  #underWay = false;
  /** Whether the log has become large and was not truncated since. */
  #large = false;
  /** When the last one was started (`performance.now()`). */
  #startedAt = 0;

  /** @param db the connection that writes. It makes no checkpoints of its own from now on. */
  constructor(
    db: DatabaseSync,
    file: string,
    { sizes = DEFAULTS, logger }: { sizes?: CheckpointSizes; logger?: Pick<Logger, 'warn' | 'info'> | undefined } = {},
  ) {
    db.exec('PRAGMA wal_autocheckpoint = 0');
    this.#file = file;
    this.#sizes = sizes;
    this.#logger = logger;
    this.#measure = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#carry = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    for (const statement of [this.#measure, this.#carry]) statement.setReturnArrays(true);
  }

  /** Starts a checkpoint when there is enough to carry over. Costs some microseconds. */
  startIfDue(): void {
    if (this.#underWay) return;
    const [, length, carried] = this.#measure.get() as unknown as CheckpointRow;
    if (length >= this.#sizes.large) this.#noteLarge(length);
    const waiting = length - carried;
    if (waiting < this.#sizes.startInTime && !this.#large) return;
    const now = performance.now();
    if ((waiting < this.#sizes.start || this.#large) && now - this.#startedAt < MOMENT) return;
    this.#startedAt = now;
    this.#underWay = true;
    this.#thread ??= this.#startThread();
    this.#send(this.#thread, this.#large ? 'truncate' : 'checkpoint');
  }

  /** Ends the thread. Fulfilled when it no longer has the file open. */
  async close(): Promise<void> {
    if (this.#thread === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    // Not `once` of node:events, which is rejected when the thread fails: it has ended then, too.
    this.#thread.on('exit', resolve);
    this.#send(this.#thread, 'close');
    await ended;
  }

  #startThread(): Worker {
    const thread = new Worker(new URL('checkpoint-thread.ts', import.meta.url), { workerData: this.#file });
    thread.on('message', ({ truncated }: CheckpointReply) => {
      this.#underWay = false;
      if (truncated) this.#noteTruncated();
      else if (!this.#large) this.#finishIfLong();
    });
    // It could not open the file, for one: the log keeps everything, and the next checkpoint starts another thread.
    thread.on('error', () => {
      this.#thread = undefined;
      this.#underWay = false;
    });
    return thread;
  }

  #send(thread: Worker, request: CheckpointRequest): void {
    thread.postMessage(request);
  }

  #noteLarge(pages: number): void {
    if (this.#large) return;
    this.#large = true;
    this.#logger?.warn(
      { file: `${this.#file}-wal`, bytes: pages * FRAME_BYTES },
      'the write-ahead log is large and grows; a connection that keeps a transaction open, such as a backup, may be the cause',
    );
  }

  #noteTruncated(): void {
    this.#large = false;
    this.#logger?.info({ file: `${this.#file}-wal` }, 'the write-ahead log is truncated');
  }

  #finishIfLong(): void {
    try {
      const [, length] = this.#measure.get() as unknown as CheckpointRow;
      if (length >= this.#sizes.finish) this.#carry.get();
    } catch {
      // A full disk, for one: the log keeps everything, and the next checkpoint tries again.
    }
  }
}
