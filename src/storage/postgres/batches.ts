import { StoreBusy } from '../../domain/outcomes.ts';
import { isConflict, isRefusal } from './errors.ts';

export interface BatchOptions {
  /** How many inputs may wait or be under way; one more is refused with StoreBusy. */
  maxWaiting: number;
  /** How many share one statement at most. */
  maxBatch: number;
  /** How many batches may be under way at a time. */
  maxInFlight: number;
}

/** The limits of the batches of new users and of new tasks. */
export const BATCH_OPTIONS: BatchOptions = { maxWaiting: 8192, maxBatch: 256, maxInFlight: 2 };

/** How often a batch is sent that the server rolled back because of a concurrent one. */
const MAX_TRIES = 4;

interface Waiting<Input, Output> {
  input: Input;
  resolve: (output: Output) => void;
  reject: (reason: unknown) => void;
}

/**
 * Carries inputs that arrive while others are under way together in one statement, and so in one transaction and one
 * fsync. Each gets its own output: when the server refuses a whole batch, each of it is sent by itself.
 */
export class Batches<Input, Output> {
  readonly #run: (inputs: Input[]) => Promise<Output[]>;
  readonly #options: BatchOptions;
  #waiting: Waiting<Input, Output>[] = [];
  #inputsInFlight = 0;
  #batchesInFlight = 0;
  #scheduled = false;
  #onIdle: (() => void)[] = [];

  /** @param run sends a batch: all or nothing of it is kept. Fulfilled with an output for each input, in order. */
  constructor(run: (inputs: Input[]) => Promise<Output[]>, options: BatchOptions) {
    this.#run = run;
    this.#options = options;
  }

  add(input: Input): Promise<Output> {
    if (this.#waiting.length + this.#inputsInFlight >= this.#options.maxWaiting) {
      return Promise.reject(new StoreBusy(`${this.#options.maxWaiting} writes are waiting already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#schedule();
    });
  }

  /** Fulfilled when none is waiting or under way. */
  idle(): Promise<void> {
    if (this.#waiting.length + this.#inputsInFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || this.#batchesInFlight >= this.#options.maxInFlight) return;
    this.#scheduled = true;
    // After the poll phase: everything that arrived on the sockets in this turn of the event loop is in the batch.
    setImmediate(() => {
      this.#scheduled = false;
      this.#send(this.#waiting.splice(0, this.#options.maxBatch));
    });
  }

  async #send(batch: Waiting<Input, Output>[]): Promise<void> {
    this.#batchesInFlight++;
    this.#inputsInFlight += batch.length;
    await this.#settle(batch);
    this.#batchesInFlight--;
    this.#inputsInFlight -= batch.length;
    if (this.#waiting.length > 0) this.#schedule();
    else if (this.#inputsInFlight === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #settle(batch: Waiting<Input, Output>[]): Promise<void> {
    try {
      const outputs = await this.#tryOften(batch.map(({ input }) => input));
      for (const [place, { resolve }] of batch.entries()) resolve(outputs[place] as Output);
    } catch (error) {
      // Only where the server itself refused it is it known that nothing was kept.
      if (batch.length === 1 || !isRefusal(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await this.#settle([one]);
    }
  }

  async #tryOften(inputs: Input[]): Promise<Output[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#run(inputs);
      } catch (error) {
        if (tries === MAX_TRIES || !isConflict((error as Error).cause)) throw error;
      }
    }
  }
}
