import type { Store } from '../domain/store.ts';

/** How often to look whether there is something new, in milliseconds. */
const INTERVAL = 250;

/** Looks for new entries in the change log as long as anybody waits for them: once for all who do. */
export class ChangeWatch {
  readonly #store: Pick<Store, 'changes'>;
  readonly #waiting = new Set<{ after: number; resolve: () => void }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Pick<Store, 'changes'>) {
    this.#store = store;
  }

  /** Fulfilled when there is something behind a sequence number, after a time in milliseconds, or on a signal. */
  async wait(after: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { after, resolve };
    this.#waiting.add(waiter);
    this.#schedule();
    const timer = setTimeout(resolve, timeoutMs);
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    this.#waiting.delete(waiter);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    this.#timer = setTimeout(async () => {
      // A database that is away is asked again.
      const newest = await this.#store.changes.newest().catch(() => 0);
      this.#timer = undefined;
      for (const { after, resolve } of this.#waiting) if (newest > after) resolve();
      this.#schedule();
    }, INTERVAL);
  }
}
