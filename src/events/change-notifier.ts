import type { Store } from '../domain/store.ts';

const POLL_INTERVAL_MS = 250;

/** Polls the change log for new entries, once for all streams, and only while any of them waits. */
export class ChangeNotifier {
  readonly #store: Pick<Store, 'changes'>;
  readonly #waiting = new Set<{ after: number; resolve: () => void }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Pick<Store, 'changes'>) {
    this.#store = store;
  }

  /** Fulfilled when the log has entries after a sequence number, after the timeout, or when the signal is aborted. */
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
      // If the database is unavailable, the next poll tries again.
      const newest = await this.#store.changes.newest().catch(() => 0);
      this.#timer = undefined;
      for (const { after, resolve } of this.#waiting) if (newest > after) resolve();
      this.#schedule();
    }, POLL_INTERVAL_MS);
  }
}
