import { Worker } from 'node:worker_threads';
import type { CreatedBatch, ItemOutcome } from '../../domain/batches.ts';
import { KeyReused, StoreUnavailable } from '../../domain/outcomes.ts';
import { BatchSlots } from '../sql/batch-slots.ts';
import type {
  Batches,
  BatchRequest,
  BatchResult,
  BatchThreadData,
  BatchThreadReply,
  BatchThreadRequest,
} from './batch-requests.ts';
import { isSyncFailure, translateError } from './errors.ts';
import type { LogSync } from './log-sync.ts';
import type { OpenFiles } from './open-files.ts';
import type { WriteQueue } from './write-queue.ts';

export interface BatchWriterOptions {
  /** Path of the database file. */
  file: string;
  writes: WriteQueue;
  files: OpenFiles;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** How long a batch may wait for others, for the lock and for the disk before it is rejected, in milliseconds. */
  timeoutMs: number;
  sync: LogSync;
}

/**
 * Writes batches in another thread, one after another. On the event loop, a batch of 1,000 tasks would block all requests for
 * some 40 ms. Reads continue meanwhile; other writes wait for the lock of the database.
 */
export class BatchWriter implements Batches {
  readonly #options: BatchWriterOptions;
  readonly #slots = new BatchSlots(1);
  #thread: Worker | undefined;
  /** The batch that the thread is writing. */
  #inFlight: PromiseWithResolvers<BatchResult> | undefined;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  async create<T extends object>(request: BatchRequest): Promise<CreatedBatch<T> | typeof KeyReused> {
    const result = await this.#run(request);
    return result === 'KeyReused' ? KeyReused : (result as unknown as CreatedBatch<T>);
  }

  async change<T extends object>(request: BatchRequest): Promise<ItemOutcome<T>[]> {
    return ((await this.#run(request)) as unknown as CreatedBatch<T>).outcomes;
  }

  /** Starts no batch until {@link resume}. Fulfilled when none is being written. */
  async pause(): Promise<void> {
    this.#paused ??= Promise.withResolvers();
    await this.#inFlight?.promise.catch(() => undefined);
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Ends the thread after the batches that are waiting. Fulfilled when it has closed the file. */
  async close(): Promise<void> {
    await this.#slots.idle();
    if (this.#thread === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    // `once` of node:events would reject if the thread fails; then it has ended, too.
    this.#thread.on('exit', resolve);
    this.#thread.postMessage('close' satisfies BatchThreadRequest);
    await ended;
  }

  async #run(request: BatchRequest): Promise<BatchResult> {
    const { timeoutMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const waiting = { expired: false };
    const timer = setTimeout(() => {
      waiting.expired = true;
      const outcome = this.#inFlight === undefined ? 'it is not stored' : 'it may be stored';
      late.reject(new StoreUnavailable(`a batch waited longer than ${timeoutMs} ms; ${outcome}`));
    }, timeoutMs);
    try {
      return await Promise.race([this.#runInTurn(request, waiting), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #runInTurn(request: BatchRequest, waiting: { expired: boolean }): Promise<BatchResult> {
    await this.#slots.acquire();
    try {
      while (this.#paused !== undefined) await this.#paused.promise;
      if (waiting.expired) throw new StoreUnavailable('the batch has been rejected already');
      const { files, sync } = this.#options;
      // The thread opens the file by its path.
      files.check();
      sync.checkFailure();
      const result = await this.#send(request);
      files.check();
      return result;
    } finally {
      this.#letOthersWrite();
    }
  }

  /** The next batch starts after the writes that have waited for this one, so that batches cannot keep the lock. */
  #letOthersWrite(): void {
    const release = () => this.#slots.release();
    this.#options.writes.run(() => undefined).then(release, release);
  }

  async #send(request: BatchRequest): Promise<BatchResult> {
    this.#thread ??= this.#startThread();
    this.#inFlight = Promise.withResolvers();
    this.#thread.postMessage({ request, now: this.#options.clock() } satisfies BatchThreadRequest);
    try {
      return await this.#inFlight.promise;
    } finally {
      this.#inFlight = undefined;
    }
  }

  #startThread(): Worker {
    const { file, files } = this.#options;
    const workerData: BatchThreadData = { file, log: files.log };
    const thread = new Worker(new URL('batch-thread.ts', import.meta.url), { workerData });
    thread.on('message', (reply: BatchThreadReply) => {
      if ('result' in reply) {
        this.#inFlight?.resolve(reply.result);
        return;
      }
      const error = Object.assign(new Error(reply.error.message), reply.error);
      if (isSyncFailure(error)) this.#options.sync.fail(error.message);
      this.#inFlight?.reject(translateError(error));
    });
    // For example, it could not open the file. The next batch starts another thread.
    thread.on('error', (cause) => {
      this.#thread = undefined;
      this.#inFlight?.reject(new StoreUnavailable('the thread that writes batches failed', { cause }));
    });
    return thread;
  }
}
