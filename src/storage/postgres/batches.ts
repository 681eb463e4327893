import { StoreBusy } from '../../domain/outcomes.ts';
import type { CommitSpans } from '../../tracing/commit-spans.ts';
import type { Span } from '../../tracing/tracing.ts';
import { isConflict, isServerError } from './errors.ts';
import type { Lists } from './lists.ts';

export interface BatchOptions {
  /** The maximum number of inputs that wait or are in flight. One more is rejected with StoreBusy. */
  maxWaiting: number;
  /** The maximum number of inputs in one statement. */
  maxBatch: number;
  /** The maximum number of batches in flight. */
  maxInFlight: number;
  /** Records the batches. */
  commits?: CommitSpans | undefined;
}

/** The limits of the batches of new users and of new tasks. */
export const BATCH_OPTIONS: BatchOptions = { maxWaiting: 8192, maxBatch: 256, maxInFlight: 2 };

/** What the repositories that create in batches need. */
export interface BatchedRepositoryDependencies {
  lists: Lists;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  commits?: CommitSpans | undefined;
}

/** The maximum number of attempts for a batch that conflicts with a concurrent transaction. */
const MAX_ATTEMPTS = 4;

interface Waiting<Input, Output> {
  input: Input;
  span: Span | undefined;
  resolve: (output: Output) => void;
  reject: (reason: unknown) => void;
}

/**
 * Collects the inputs that arrive while others are in flight, and sends them in one statement, so that they share one
 * transaction and one fsync. If the server rejects a batch, each of its inputs is sent on its own.
 */
export class Batches<Input, Output> {
  readonly #run: (inputs: Input[]) => Promise<Output[]>;
  readonly #options: BatchOptions;
  #waiting: Waiting<Input, Output>[] = [];
  #inputsInFlight = 0;
  #batchesInFlight = 0;
  #scheduled = false;
  #onIdle: (() => void)[] = [];

  /** @param run sends a batch, which is stored completely or not at all. Returns an output for each input, in order. */
  constructor(run: (inputs: Input[]) => Promise<Output[]>, options: BatchOptions) {
    this.#run = run;
    this.#options = options;
  }

  add(input: Input): Promise<Output> {
    if (this.#waiting.length + this.#inputsInFlight >= this.#options.maxWaiting) {
      return Promise.reject(new StoreBusy(`${this.#options.maxWaiting} writes are already waiting`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, span: this.#options.commits?.current(), resolve, reject });
      this.#schedule();
    });
  }

  /** Fulfilled when no input is waiting or in flight. */
  idle(): Promise<void> {
    if (this.#waiting.length + this.#inputsInFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || this.#batchesInFlight >= this.#options.maxInFlight) return;
    this.#scheduled = true;
    // Runs after the poll phase, so that the batch includes all requests that have arrived.
    setImmediate(() => {
      this.#scheduled = false;
      this.#send(this.#waiting.splice(0, this.#options.maxBatch));
    });
  }

  async #send(batch: Waiting<Input, Output>[]): Promise<void> {
    this.#batchesInFlight++;
    this.#inputsInFlight += batch.length;
    const span = this.#options.commits?.start(batch);
    await this.#runBatch(batch);
    span?.end();
    this.#batchesInFlight--;
    this.#inputsInFlight -= batch.length;
    if (this.#waiting.length > 0) this.#schedule();
    else if (this.#inputsInFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #runBatch(batch: Waiting<Input, Output>[]): Promise<void> {
    try {
      const outputs = await this.#runWithRetries(batch.map(({ input }) => input));
      for (const [i, { resolve }] of batch.entries()) resolve(outputs[i] as Output);
    } catch (error) {
      // Only if the server rejected the batch is it known that nothing was stored.
      if (batch.length === 1 || !isServerError(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await this.#runBatch([one]);
    }
  }

  async #runWithRetries(inputs: Input[]): Promise<Output[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#run(inputs);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isConflict((error as Error).cause)) throw error;
      }
    }
  }
}
