import { StoreBusy } from '../../domain/outcomes.ts';

/** The maximum number of batches that wait. One more is rejected with StoreBusy. */
const MAX_WAITING = 64;

/** Limits how many batches run at the same time. The others wait in order. */
export class BatchSlots {
  readonly #size: number;
  #running = 0;
  #waiting: (() => void)[] = [];
  #onIdle: (() => void)[] = [];

  /** @param size the maximum number of batches that run at the same time. */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Waits for a slot. The caller must call {@link release} once.
   *
   * @throws StoreBusy if too many batches are waiting.
   */
  async acquire(): Promise<void> {
    if (this.#running < this.#size) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw new StoreBusy(`${MAX_WAITING} batches are already waiting`);
    // Resolved by a batch that ends, which leaves `#running` as it is.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Calls `work` in a slot.
   *
   * @throws StoreBusy as {@link acquire}.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Fulfilled when no batch is waiting or running. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }
}
