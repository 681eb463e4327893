import { createClient, defineScript } from '@redis/client';
import type { Logger } from 'pino';
import type { LimitedPlan } from '../config.ts';
import type { Counted, SharedWindows } from '../http/rate-limiter.ts';

/** How long a connection may take to be made, and a count to be answered, in milliseconds. */
const CONNECT_TIMEOUT = 2_000;
const ANSWER_TIMEOUT = 250;
/** How long to wait before connecting again, in milliseconds. */
const RECONNECT_PAUSE = 500;

/**
 * One request of one key, counted atomically if both windows allow it. `now` is the asking process's: clocks that
 * differ a little must not begin the minute anew. The keys go by themselves when their windows are over.
 */
const COUNT = `
  local now, perMinute, perDay = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local minute = redis.call('HMGET', KEYS[1], 'start', 'count')
  local start, count = tonumber(minute[1]), tonumber(minute[2])
  if not start or now >= start + 60000 or now <= start - 60000 then
    start, count = now, 0
  end
  local dayCount = tonumber(redis.call('GET', KEYS[2]) or '0')
  local allowed = count < perMinute and dayCount < perDay
  if allowed then
    count = count + 1
    redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'count', count)
    redis.call('PEXPIRE', KEYS[1], 120000)
    dayCount = redis.call('INCR', KEYS[2])
    redis.call('PEXPIRE', KEYS[2], 172800000)
  end
  return { allowed and 1 or 0, start, count, dayCount }`;

const DAY = 86_400_000;

const count = defineScript({
  SCRIPT: COUNT,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser, minuteKey: string, dayKey: string, now: number, perMinute: number, perDay: number) {
    parser.pushKeys([minuteKey, dayKey]);
    parser.push(String(now), String(perMinute), String(perDay));
  },
  transformReply: (reply: unknown) => reply as number[],
});

function makeClient(url: string) {
  return createClient({
    url,
    scripts: { count },
    // A count that cannot be asked for now is made by the process itself, not kept for later.
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: () => RECONNECT_PAUSE },
  });
}

/** The windows of rate limits in Redis or Valkey, which any number of processes share. */
export class RedisRateWindows implements SharedWindows {
  readonly #client: ReturnType<typeof makeClient>;
  readonly #logger: Logger;
  #away = false;
  /** Until when a server that was silent is not asked again (`performance.now()`). */
  #leftAloneUntil = 0;

  /** Connects in the background, and again whenever the connection is lost. */
  constructor(url: string, logger: Logger) {
    this.#logger = logger;
    this.#client = makeClient(url);
    this.#client.on('error', (error: Error) => this.#noteAway(error));
    this.#client.on('ready', () => this.#noteBack());
    this.#client.connect().catch((error: Error) => this.#noteAway(error));
  }

  count(key: string, plan: LimitedPlan, now: number): Promise<Counted> | undefined {
    if (!this.#client.isReady || performance.now() < this.#leftAloneUntil) return undefined;
    return this.#count(key, plan, now);
  }

  /** Ends the connection. */
  close(): void {
    this.#client.destroy();
  }

  async #count(key: string, { perMinute, perDay }: LimitedPlan, now: number): Promise<Counted> {
    const day = Math.floor(now / DAY);
    // The braces keep both keys on one node of a cluster.
    const name = `task-api:{${key}}`;
    try {
      const asked = this.#client.count(`${name}:minute`, `${name}:${day}`, now, perMinute, perDay);
      const [allowed, start, inMinute, inDay] = (await inTime(asked)) as [number, number, number, number];
      this.#noteBack();
      return { allowed: allowed === 1, windows: { minuteStart: start, minuteCount: inMinute, day, dayCount: inDay } };
    } catch (error) {
      this.#leftAloneUntil = performance.now() + RECONNECT_PAUSE;
      this.#noteAway(error as Error);
      throw error;
    }
  }

  #noteAway(error: Error): void {
    if (!this.#away) this.#logger.warn({ err: error }, 'Redis is away: each process counts rate limits by itself');
    this.#away = true;
  }

  #noteBack(): void {
    if (this.#away) this.#logger.info('Redis is back: rate limits are shared again');
    this.#away = false;
  }
}

/** The client's own time limit ends with the sending. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer within ${ANSWER_TIMEOUT} ms`));
    // An answer that came while this process itself was busy is read before it is given up.
    const timer = setTimeout(() => setImmediate(giveUp), ANSWER_TIMEOUT);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
