import { setTimeout as sleep } from 'node:timers/promises';
import type { CreatedBatch, ItemOutcome } from '../../domain/batches.ts';
import { KeyReused, StoreUnavailable } from '../../domain/outcomes.ts';
import { BatchSlots } from '../sql/batch-slots.ts';
import type { BatchCall, Batches, BatchRequest, BatchResult, BatchThreadData } from './batch-requests.ts';
import { isSyncFailure } from './errors.ts';
import type { LogSync } from './log-sync.ts';
import type { OpenFiles } from './open-files.ts';
import { ThreadCalls } from './thread-calls.ts';
import type { WriteQueue } from './write-queue.ts';

export interface BatchWriterOptions {
  /** Path of the database file. */
  file: string;
  writes: Pick<WriteQueue, 'run' | 'busy' | 'pause' | 'resume'>;
  files: OpenFiles;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** How long a batch may wait for others, for the lock and for the disk before it is rejected, in milliseconds. */
  timeoutMs: number;
  sync: LogSync;
}

/**
 * Writes batches in another thread, one after another. On the event loop, a batch of 1,000 tasks would block all requests for
 * some 40 ms. Reads continue meanwhile; other writes are paused, because SQLite has one writer.
 */
export class BatchWriter implements Batches {
  readonly #options: BatchWriterOptions;
  readonly #slots = new BatchSlots(1);
  readonly #thread: ThreadCalls<BatchCall, BatchResult | undefined>;
  /** The batch that the thread is writing, or that waits for other writes. */
  #inFlight: Promise<BatchResult> | undefined;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
    const data: BatchThreadData = { file: options.file, log: options.files.log };
    this.#thread = new ThreadCalls('writes batches', new URL('batch-thread.ts', import.meta.url), data);
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
    await this.#inFlight?.catch(() => undefined);
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Ends the thread after the batches that are waiting. Fulfilled when it has closed the file. */
  async close(): Promise<void> {
    await this.#slots.idle();
    await this.#thread.close();
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
    let durationMs = 0;
    try {
      const { files, sync } = this.#options;
      // The thread opens the file by its path.
      files.check();
      sync.checkFailure();
      // Others do not wait while the thread starts, receives the batch and prepares it.
      await this.#thread.call({ prepare: request });
      while (this.#paused !== undefined) await this.#paused.promise;
      if (waiting.expired) throw new StoreUnavailable('the batch has been rejected already');
      const start = performance.now();
      this.#inFlight = this.#write();
      const result = await this.#inFlight;
      durationMs = performance.now() - start;
      files.check();
      return result;
    } finally {
      this.#inFlight = undefined;
      this.#letOthersWrite(durationMs);
    }
  }

  /** If others have waited for the batch, they have as much time as the batch has taken until the next one starts. */
  async #letOthersWrite(durationMs: number): Promise<void> {
    const { writes } = this.#options;
    const pause = writes.busy ? sleep(durationMs) : undefined;
    // Every group of writes starts a checkpoint if one is due. So does this one, in which nothing is written.
    const group = writes.run(() => undefined).catch(() => undefined);
    await Promise.all([pause, group]);
    this.#slots.release();
  }

  async #write(): Promise<BatchResult> {
    const { writes, clock, sync } = this.#options;
    try {
      // Otherwise, this process would compete with itself for the lock.
      await writes.pause();
      return (await this.#thread.call({ writeAt: clock() })) as BatchResult;
    } catch (error) {
      const { cause } = error as Error;
      if (isSyncFailure(cause)) sync.fail((cause as Error).message);
      throw error;
    } finally {
      writes.resume();
    }
  }
}
