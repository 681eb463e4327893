import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { Series } from '../metrics/histogram.ts';
import { REQUEST_DURATION_BOUNDS } from '../metrics/request-durations.ts';

/** The length of an interval, and how many are kept: five minutes. */
const INTERVAL_MS = 5_000;
const INTERVALS_KEPT = 60;

/** How often the event loop is measured. Its delay is what a timer of this length takes longer. */
const RESOLUTION_MS = 50;

const STREAM = /^text\/event-stream/;

/** The load of this process in one interval. Durations are in seconds; undefined without requests. */
export interface Load {
  /** When the interval began, in milliseconds since the epoch. */
  at: number;
  requests: number;
  /** Requests with a 5xx. */
  errors: number;
  median: number | undefined;
  p99: number | undefined;
  /** The longest delay of the event loop. */
  eventLoopDelay: number;
}

/** Counts the requests of this process in the last minutes. It has no labels, so it costs little, and is always on. */
export class RecentLoad {
  readonly #clock: () => number;
  readonly #eventLoop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  readonly #past: Load[] = [];
  #at: number;
  #errors = 0;
  #durations = new Series(REQUEST_DURATION_BOUNDS);

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#at = this.#beginning();
    this.#eventLoop.enable();
    this.#timer = setInterval(() => this.#endIntervals(), INTERVAL_MS).unref();
  }

  /** Counts a request. */
  record(status: number, seconds: number): void {
    this.#endIntervals();
    this.#durations.observe(seconds);
    if (status >= 500) this.#errors++;
  }

  /** The complete intervals, oldest first. */
  intervals(): Load[] {
    this.#endIntervals();
    return [...this.#past];
  }

  close(): void {
    clearInterval(this.#timer);
    this.#eventLoop.disable();
  }

  #beginning(): number {
    return Math.floor(this.#clock() / INTERVAL_MS) * INTERVAL_MS;
  }

  #endIntervals(): void {
    const now = this.#beginning();
    if (now === this.#at) return;
    const requests = this.#durations.count;
    const quantile = (part: number) => (requests === 0 ? undefined : this.#durations.quantile(part));
    this.#past.push({
      ...{ at: this.#at, requests, errors: this.#errors, median: quantile(0.5), p99: quantile(0.99) },
      eventLoopDelay: Math.max(0, this.#eventLoop.max / 1e6 - RESOLUTION_MS) / 1000,
    });
    if (this.#past.length > INTERVALS_KEPT) this.#past.shift();
    this.#at = now;
    this.#errors = 0;
    this.#durations = new Series(REQUEST_DURATION_BOUNDS);
    this.#eventLoop.reset();
  }
}

/** Counts every request but streams of events, which last for hours. Must be called before the routes are added. */
export function recordLoad(app: FastifyInstance, load: RecentLoad): void {
  app.addHook('onResponse', (_request, reply, done) => {
    if (!STREAM.test(String(reply.getHeader('content-type')))) load.record(reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  app.addHook('onClose', async () => load.close());
}
