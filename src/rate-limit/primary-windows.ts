import type { Worker } from 'node:cluster';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import {
  type CountResult,
  type Limits,
  MAX_ADDRESSES,
  RateLimiter,
  type SharedWindows,
  type Windows,
} from './rate-limiter.ts';

/** The time limit of a reply. The primary process does little else, so only one that is stopped takes that long. */
const REPLY_TIMEOUT_MS = 1_000;

/** What a worker has the primary process count: everything of one turn of its event loop. */
interface CountRequests {
  countRequests: [key: string, limits: Limits, requests: number][];
}

/** The results, in the order of the requests. Replies have the order of the messages. */
interface RequestsCounted {
  requestsCounted: [allowed: boolean, ...Counts][];
}

type Counts = [minuteStart: number, minuteCount: number, day: number, dayCount: number];

/** What a worker needs of `process`. */
export type Channel = Pick<NodeJS.Process, 'send' | 'on' | 'off'>;

/**
 * The windows of all workers, in the primary process.
 *
 * @param clock the time, in milliseconds since the epoch. The clocks of the workers are not used, so that no late message
 *   starts a new window.
 */
export class WindowsOfWorkers {
  readonly #tokens: RateLimiter;
  readonly #addresses: RateLimiter;

  constructor(clock: () => number) {
    this.#tokens = new RateLimiter(clock);
    const addresses = new LRUCache<string | number, Windows>({ maxSize: MAX_ADDRESSES, sizeCalculation: () => 1 });
    this.#addresses = new RateLimiter(clock, addresses);
  }

  /** Counts the requests of a worker as long as it runs. */
  serve(worker: Pick<Worker, 'on' | 'send'>): void {
    worker.on('message', (message: Partial<CountRequests>) => {
      if (message.countRequests === undefined) return;
      const requestsCounted = message.countRequests.map((counted) => this.#count(...counted));
      // The callback receives the error if the worker has just exited.
      worker.send({ requestsCounted } satisfies RequestsCounted, () => undefined);
    });
  }

  #count(key: string, limits: Limits, requests: number): RequestsCounted['requestsCounted'][number] {
    const limiter = key.startsWith('address:') ? this.#addresses : this.#tokens;
    const { allowed, windows } = limiter.countInWindows(key, limits, requests);
    return [allowed, windows.minuteStart, windows.minuteCount, windows.day, windows.dayCount];
  }
}

interface Waiting {
  resolve: (result: CountResult) => void;
  reject: (error: Error) => void;
}

/**
 * Windows in the primary process, shared by its workers. The requests of one turn of the event loop are one message. While
 * the primary process does not reply in time, the worker counts by itself.
 */
export class PrimaryWindows implements SharedWindows {
  readonly #channel: Channel;
  readonly #logger: Pick<Logger, 'warn'>;
  /** What the next message has, and who waits for it. */
  #requests: CountRequests['countRequests'] = [];
  #waiting: Waiting[] = [];
  /** Who waits for the messages that were sent, the oldest first. */
  readonly #sent: { waiting: Waiting[]; timer: NodeJS.Timeout }[] = [];
  #late = false;
  readonly #onMessage = (message: Partial<RequestsCounted>) => {
    if (message.requestsCounted !== undefined) this.#receive(message.requestsCounted);
  };

  constructor(channel: Channel, logger: Pick<Logger, 'warn'>) {
    this.#channel = channel;
    this.#logger = logger;
    channel.on('message', this.#onMessage);
  }

  count(key: string, limits: Limits, _now: number, requests: number): Promise<CountResult> | undefined {
    if (this.#late) return undefined;
    const { perMinute, perDay } = limits;
    const sent = { perMinute, ...(perDay !== undefined && { perDay }) };
    if (this.#requests.push([key, sent, requests]) === 1) setImmediate(() => this.#send());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Receives no more replies. Call it when no request is being counted. */
  close(): void {
    this.#channel.off('message', this.#onMessage);
  }

  #send(): void {
    const message: CountRequests = { countRequests: this.#requests };
    const waiting = this.#waiting;
    this.#requests = [];
    this.#waiting = [];
    const timer = setTimeout(() => this.#reject(waiting), REPLY_TIMEOUT_MS);
    this.#sent.push({ waiting, timer });
    // An error means that the primary process has exited. Then this one exits too.
    this.#channel.send?.(message, undefined, undefined, () => undefined);
  }

  #receive(results: RequestsCounted['requestsCounted']): void {
    const sent = this.#sent.shift();
    if (sent === undefined) return;
    clearTimeout(sent.timer);
    this.#late = false;
    results.forEach(([allowed, minuteStart, minuteCount, day, dayCount], i) => {
      sent.waiting[i]?.resolve({ allowed, windows: { minuteStart, minuteCount, day, dayCount } });
    });
  }

  #reject(waiting: Waiting[]): void {
    if (!this.#late) this.#logger.warn('primary process does not reply; rate limits are counted per process');
    this.#late = true;
    for (const { reject } of waiting) reject(new Error(`no reply within ${REPLY_TIMEOUT_MS} ms`));
  }
}
