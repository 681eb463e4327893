import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** Sizes in pages of the log. */
export interface CheckpointSizes {
  /** How many pages that are not in the file yet start a checkpoint at once. Fewer would write the same pages more often. */
  start: number;
  /** How many start one when the last was a moment ago: many at once keep the disk busy, and a commit waits for it. */
  startInTime: number;
  /** How long the log may be before it is carried over whole, so that the next write begins it anew. */
  finish: number;
}

const DEFAULTS: CheckpointSizes = { start: 4_000, startInTime: 250, finish: 16_000 };

/** What a moment is, in milliseconds. */
const MOMENT = 100;

/** A row of `PRAGMA wal_checkpoint`: whether it was in the way of another, the log's length, how much is in the file. */
type CheckpointRow = [busy: number, length: number, carried: number];

/**
 * Carries SQLite's log into its file from another thread: on the main thread every request would wait for it. While
 * writes go on the other thread never reaches the end of the log, which can then not begin anew; so once it has
 * grown, what is left after a checkpoint, a moment's writes, is carried over right here.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #sizes: CheckpointSizes;
  readonly #measure: StatementSync;
  readonly #carry: StatementSync;
  #thread: Worker | undefined;
  #underWay = false;
  /** When the last one was started (`performance.now()`). */
  #startedAt = 0;

  /** @param db the connection that writes. It makes no checkpoints of its own from now on. */
  constructor(db: DatabaseSync, file: string, sizes: CheckpointSizes = DEFAULTS) {
    db.exec('PRAGMA wal_autocheckpoint = 0');
    this.#file = file;
    this.#sizes = sizes;
    this.#measure = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#carry = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    for (const statement of [this.#measure, this.#carry]) statement.setReturnArrays(true);
  }

  /** Starts a checkpoint when there is enough to carry over. Costs some microseconds. */
  startIfDue(): void {
    if (this.#underWay) return;
    const [, length, carried] = this.#measure.get() as unknown as CheckpointRow;
    const waiting = length - carried;
    if (waiting < this.#sizes.startInTime) return;
    const now = performance.now();
    if (waiting < this.#sizes.start && now - this.#startedAt < MOMENT) return;
    this.#startedAt = now;
    this.#underWay = true;
    this.#thread ??= this.#startThread();
    this.#thread.postMessage('checkpoint');
  }

  /** Ends the thread. Fulfilled when it no longer has the file open. */
  async close(): Promise<void> {
    if (this.#thread === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    // Not `once` of node:events, which is rejected when the thread fails: it has ended then, too.
    this.#thread.on('exit', resolve);
    this.#thread.postMessage('close');
    await ended;
  }

  #startThread(): Worker {
    const thread = new Worker(new URL('checkpoint-thread.ts', import.meta.url), { workerData: this.#file });
    thread.on('message', () => {
      this.#underWay = false;
      this.#finishIfLong();
    });
    // It could not open the file, for one: the log keeps everything, and the next checkpoint starts another thread.
    thread.on('error', () => {
      this.#thread = undefined;
      this.#underWay = false;
    });
    return thread;
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
