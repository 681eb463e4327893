import type { Logger } from 'pino';

export interface PollerOptions {
  /** The name for log lines, such as `email dispatch` in `email dispatch failed; will retry`. */
  name: string;
  /**
   * Does some of the work.
   *
   * @param signal aborted when the poller stops.
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
 * Runs a step repeatedly, and never two at the same time. A step that fails is retried until it succeeds; only the first
 * failure and the recovery are logged.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #failing = false;
  /** Whether {@link wake} was called during a step, which may have checked for work before that. */
  #woken = false;
  #endDelay: () => void = () => undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** Runs the first step after the initial delay, and continues until {@link stop}. If it is running, wakes it. */
  start(): void {
    if (this.#running !== undefined) this.wake();
    else this.#running = this.#run();
  }

  /** Runs the next step now instead of after the interval. */
  wake(): void {
    this.#woken = true;
    this.#endDelay();
  }

  /** Stops after the step in flight. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endDelay();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    if (this.#options.initialDelayMs !== undefined) await this.#delay(this.#options.initialDelayMs);
    while (!signal.aborted) {
      this.#woken = false;
      const delayMs = await this.#runStep();
      if (!signal.aborted && !this.#woken) await this.#delay(delayMs);
    }
  }

  /** Returns the time until the next step, in milliseconds; undefined to wait for {@link wake}. */
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

  async #delay(delayMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endDelay = resolve;
    const timer = delayMs === undefined ? undefined : setTimeout(resolve, delayMs);
    await promise;
    clearTimeout(timer);
  }
}
