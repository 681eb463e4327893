import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../domain/outcomes.ts';
import type { Series } from '../../metrics/histogram.ts';
import { END, SYNC_STATE, type SyncThreadData } from './sync-state.ts';
import { threadExit } from './thread-exit.ts';
import { startThread } from './thread-start.ts';

/** The thread is waited for if its last sync took less than this, in microseconds. */
const FAST_MICROSECONDS = 500;

/** The longest such wait. A disk that stops blocks the event loop once for this long, and not again until it is fast. */
const MAX_WAIT_MS = 4;

/**
 * Syncs the write-ahead log in another thread. As long as the disk is fast, the event loop waits for that thread: the
 * requests that arrive meanwhile are then handled together, which is cheaper. It never waits for a slow disk.
 *
 * After a failed sync, it is unknown which pages are on disk, and the system may report the next sync as successful. So
 * every later sync fails as well, until the process is restarted.
 */
export class LogSync {
  readonly #fd: number;
  readonly #state = new Int32Array(new SharedArrayBuffer(4 * Object.keys(SYNC_STATE).length));
  readonly #onFailure: (error: Error) => void;
  readonly #durations: Series | undefined;
  #thread: Worker | undefined;
  #number = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #fast = false;
  #failure: StoreUnavailable | undefined;

  /**
   * Syncs everything that is in the log now.
   *
   * @param log the write-ahead log, which must exist.
   * @param onFailure called once, when a sync has failed.
   * @param durations records how long each sync takes, in seconds.
   */
  constructor(log: string, onFailure: (error: Error) => void, durations?: Series) {
    // Windows syncs only what is open for writing.
    this.#fd = openSync(log, 'r+');
    fdatasyncSync(this.#fd);
    this.#onFailure = onFailure;
    this.#durations = durations;
  }

  /** Starts the thread. Otherwise the first sync does, and waits for it. */
  start(): void {
    this.#thread ??= this.#startThread();
  }

  /** The sync that is running, or undefined. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /**
   * Syncs everything that was written to the log before this call.
   *
   * @returns undefined if that is done already; otherwise a promise that is rejected with StoreUnavailable if it fails.
   * @throws StoreUnavailable if it has failed.
   */
  sync(): Promise<void> | undefined {
    this.checkFailure();
    // The running sync may have begun before the latest write.
    if (this.#running !== undefined) {
      this.#next ??= this.#running.then(() => {
        this.#next = undefined;
        return this.sync();
      });
      return this.#next;
    }
    const previous = this.#number;
    this.#request();
    if (this.#fast) Atomics.wait(this.#state, SYNC_STATE.ended, previous, MAX_WAIT_MS);
    const ended = Atomics.waitAsync(this.#state, SYNC_STATE.ended, previous);
    if (!ended.async) {
      this.#finish();
      return undefined;
    }
    this.#fast = false;
    // The process must not end before the outcome is known.
    this.#thread?.ref();
    this.#running = ended.value.then(() => {
      this.#running = undefined;
      this.#thread?.unref();
      this.#finish();
    });
    return this.#running;
  }

  /** @throws StoreUnavailable if a sync has failed. */
  checkFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Whether a sync has failed. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Makes this and every later sync fail. */
  fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new StoreUnavailable(`SQLite: ${reason}`);
    this.#onFailure(this.#failure);
  }

  /** Ends the thread after the syncs that were requested. */
  async close(): Promise<void> {
    // A failure is reported to those who requested the sync.
    while (this.#running !== undefined) await (this.#next ?? this.#running).catch(() => undefined);
    const thread = this.#thread;
    if (thread !== undefined) {
      thread.ref();
      const ended = threadExit(thread);
      this.#thread = undefined;
      this.#store(SYNC_STATE.requested, END);
      await ended;
    }
    closeSync(this.#fd);
  }

  #request(): void {
    this.start();
    // Two numbers are enough, because one sync runs at a time.
    this.#number = 1 - this.#number;
    this.#store(SYNC_STATE.requested, this.#number);
  }

  #store(position: number, value: number): void {
    Atomics.store(this.#state, position, value);
    Atomics.notify(this.#state, position);
  }

  #finish(): void {
    const errno = Atomics.load(this.#state, SYNC_STATE.errno);
    if (errno !== 0)
      this.fail(
        `the write-ahead log could not be synced (${getSystemErrorName(errno)}); the latest writes may be lost`,
      );
    this.checkFailure();
    const microseconds = Atomics.load(this.#state, SYNC_STATE.microseconds);
    this.#fast = microseconds < FAST_MICROSECONDS;
    this.#durations?.observe(microseconds / 1e6);
  }

  #startThread(): Worker {
    const data: SyncThreadData = { fd: this.#fd, state: this.#state.buffer as SharedArrayBuffer };
    // Without the flags of this process: one that a thread does not accept must not stop the writes.
    const thread = startThread(new URL('sync-thread.ts', import.meta.url), { workerData: data });
    thread.unref();
    // For example, it could not be started: then the sync that it was to make has failed.
    thread.on('error', ({ message }) => {
      this.#thread = undefined;
      this.fail(`the thread that syncs the write-ahead log failed: ${message}`);
      this.#store(SYNC_STATE.ended, this.#number);
    });
    return thread;
  }
}
