import type { Logger } from 'pino';

export interface PollerOptions {
  /** What it does, for the log: `email dispatch` logs `email dispatch failed; will retry`. */
  name: string;
  /**
   * Does some of the work.
   *
   * @param signal aborted once the poller is to stop.
   * @returns whether more work is waiting.
   */
  step: (signal: AbortSignal) => Promise<boolean>;
  /** The time before the first step, in milliseconds. Default 0. */
  initialDelayMs?: number;
  /** The time between two steps while no work is waiting, in milliseconds; undefined to run only when woken. */
  intervalMs?: number;
  /** The time between two steps while work is waiting, in milliseconds. Default 0. */
  pauseMs?: number;
  /** The time before a step that failed is retried, in milliseconds. */
  retryMs: number;
  logger?: Pick<Logger, 'info' | 'warn'> | undefined;
}

/**
 * Runs a step again and again, never two at once. The first failure of an outage is logged, and the recovery; a step that
 * fails is retried until it succeeds.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #failing = false;
  /** Set when {@link wake} is called during a step, whose check for work may have been before that. */
  #woken = false;
  #endRest: () => void = () => undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** Runs the first step after the initial delay, and goes on until {@link stop}. Wakes it if it runs already. */
  start(): void {
    if (this.#running !== undefined) this.wake();
    else this.#running = this.#run();
  }

  /** Runs the next step now instead of after the interval. */
  wake(): void {
    this.#woken = true;
    this.#endRest();
  }

  /** Starts no more steps. Fulfilled when the step in flight has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endRest();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    if (this.#options.initialDelayMs !== undefined) await this.#rest(this.#options.initialDelayMs);
    while (!signal.aborted) {
      this.#woken = false;
      const restMs = await this.#runStep();
      if (!signal.aborted && !this.#woken) await this.#rest(restMs);
    }
  }

  /** Returns for how long to rest, in milliseconds; undefined until woken. */
  async #runStep(): Promise<number | undefined> {
    const { name, step, intervalMs, pauseMs = 0, retryMs, logger } = this.#options;
    try {
      const more = await step(this.#stopping.signal);
      if (this.#failing) logger?.info(`${name} recovered`);
      this.#failing = false;
      return more ? pauseMs : intervalMs;
    } catch (err) {
      if (!this.#failing) logger?.warn({ err }, `${name} failed; will retry`);
      this.#failing = true;
      return retryMs;
    }
  }

  async #rest(restMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endRest = resolve;
    const timer = restMs === undefined ? undefined : setTimeout(resolve, restMs);
    await promise;
    clearTimeout(timer);
  }
}
