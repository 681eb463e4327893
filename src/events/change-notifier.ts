import type { FastifyInstance } from 'fastify';
import type { ChangeChannel } from '../domain/change-channel.ts';
import type { Store } from '../domain/store.ts';
import { ChangeReports } from './change-reports.ts';

/** How soon changes of background work, and those that no other process has reported, are found. */
const POLL_INTERVAL_MS = 250;

/** The minimum time between two queries, however many requests change something. */
const MIN_INTERVAL_MS = 20;

/**
 * Finds new entries of the change log, once for all streams, and only while any of them waits: by polling, and immediately
 * after a change by a request to this process or to another one that reports it.
 */
export class ChangeNotifier {
  readonly #store: Pick<Store, 'changes'>;
  readonly #waiting = new Set<{ after: number; resolve: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  /** The delay of the timer, in milliseconds. */
  #delayMs = 0;
  /** When the log was last queried (`performance.now()`). */
  #queriedAt = 0;
  #querying = false;
  /** Whether something changed during the query. */
  #changedMeanwhile = false;
  readonly #reports: ChangeReports | undefined;

  /** @param channel leads to the other processes; undefined if there are none. */
  constructor(store: Pick<Store, 'changes'>, channel?: ChangeChannel) {
    this.#store = store;
    this.#reports = channel && new ChangeReports(channel, () => this.#wake());
  }

  /** Fulfilled when the log has entries after a sequence number, after the timeout, or when the signal is aborted. */
  async wait(after: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { after, resolve };
    this.#waiting.add(waiter);
    this.#reports?.ask();
    this.#schedule(POLL_INTERVAL_MS);
    const timer = setTimeout(resolve, timeoutMs);
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    this.#waiting.delete(waiter);
  }

  /** Call it after a request has changed something, so that streams do not wait for the next poll. */
  changed(): void {
    this.#wake();
    this.#reports?.changed();
  }

  #wake(): void {
    if (this.#querying) this.#changedMeanwhile = true;
    else this.#schedule(Math.max(0, this.#queriedAt + MIN_INTERVAL_MS - performance.now()));
  }

  #schedule(delayMs: number): void {
    if (this.#querying || this.#waiting.size === 0) return;
    if (this.#timer !== undefined) {
      if (this.#delayMs <= delayMs) return;
      clearTimeout(this.#timer);
    }
    this.#delayMs = delayMs;
    this.#timer = setTimeout(() => this.#query(), delayMs);
  }

  async #query(): Promise<void> {
    this.#timer = undefined;
    this.#querying = true;
    this.#changedMeanwhile = false;
    this.#queriedAt = performance.now();
    this.#reports?.ask();
    // If the database is unavailable, the next poll tries again.
    const newest = await this.#store.changes.newest({}).catch(() => 0);
    this.#querying = false;
    for (const { after, resolve } of this.#waiting) if (newest > after) resolve();
    this.#schedule(this.#changedMeanwhile ? MIN_INTERVAL_MS : POLL_INTERVAL_MS);
  }
}

/**
 * Notifies of each request that may have changed something. Its response has been sent, so the change can be read. Must be
 * called before the routes are added.
 */
export function notifyOfWrites(app: FastifyInstance, notifier: ChangeNotifier): void {
  app.addHook('onResponse', (request, reply, done) => {
    if (request.method !== 'GET' && reply.statusCode < 300) notifier.changed();
    done();
  });
}
