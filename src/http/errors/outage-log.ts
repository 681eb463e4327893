import type { Logger } from 'pino';
import type { StoreUnavailable } from '../../domain/outcomes.ts';
import type { Store } from '../../domain/store.ts';
import type { RequestFields } from '../../tracing/request-trace.ts';

/** How often to check whether an outage is over. */
const CHECK_INTERVAL_MS = 1_000;

export interface OutageLogOptions {
  store: Pick<Store, 'ping'>;
  logger: Pick<Logger, 'warn' | 'info'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/**
 * Logs when the database becomes unavailable and when it is available again. Requests in between, including health checks,
 * are logged with status 503, but without an error each.
 */
export class OutageLog {
  readonly #options: OutageLogOptions;
  #outage: { startedAt: number; failed: number } | undefined;
  #failedSinceCheck = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OutageLogOptions) {
    this.#options = options;
  }

  /** Records that a request failed because the database is unavailable. */
  record(err: StoreUnavailable, request: RequestFields): void {
    this.#failedSinceCheck = true;
    if (this.#outage !== undefined) {
      this.#outage.failed++;
      return;
    }
    const { clock, logger } = this.#options;
    this.#outage = { startedAt: clock(), failed: 1 };
    logger.warn({ ...request, err }, 'database unavailable; requests get 503');
    this.#timer = setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
  }

  /** Stops checking whether the outage is over. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const { store, clock, logger } = this.#options;
    const failed = this.#failedSinceCheck;
    this.#failedSinceCheck = false;
    // A database with a full disk responds to a ping, but not to writes.
    if (failed) return;
    const available = await store.ping().then(
      () => true,
      () => false,
    );
    if (!available || this.#outage === undefined) return;
    this.close();
    const durationMs = clock() - this.#outage.startedAt;
    logger.info({ durationMs, failedRequests: this.#outage.failed }, 'database available again');
    this.#outage = undefined;
  }
}
