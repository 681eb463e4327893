import { createClient, defineScript } from '@redis/client';
import type { Logger } from 'pino';
import type { Counted, Limits, SharedWindows } from './rate-limiter.ts';

/** How long a connection may take to be made, in milliseconds. */
const CONNECT_TIMEOUT = 2_000;
/** How long a response may take, in milliseconds: some fifty times what it does, and little for a request to wait. */
const RESPONSE_TIMEOUT_MS = 50;
/** How long to wait before connecting again, or asking again whether Redis responds, in milliseconds. */
const RETRY_DELAY_MS = 500;

/**
 * One request of one key, counted atomically if both windows allow it. Without a limit for the day there is no key for it. `now` is the asking process's: clocks that
 * differ a little must not begin the minute anew. The keys go by themselves when their windows are over.
 */
const COUNT = `
  local now, perMinute, perDay = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local minute = redis.call('HMGET', KEYS[1], 'start', 'count')
  local start, count = tonumber(minute[1]), tonumber(minute[2])
  if not start or now >= start + 60000 or now <= start - 60000 then
    start, count = now, 0
  end
  local dayCount = perDay and tonumber(redis.call('GET', KEYS[2]) or '0') or 0
  local allowed = count < perMinute and (not perDay or dayCount < perDay)
  if allowed then
    count = count + 1
    redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'count', count)
    redis.call('PEXPIRE', KEYS[1], 120000)
    if perDay then
      dayCount = redis.call('INCR', KEYS[2])
      redis.call('PEXPIRE', KEYS[2], 172800000)
    end
  end
  return { allowed and 1 or 0, start, count, dayCount }`;

const DAY = 86_400_000;

/** What a probe counts. */
const PROBE_KEY = 'task-api:{probe}';

const count = defineScript({
  SCRIPT: COUNT,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser, minuteKey: string, dayKey: string, now: number, { perMinute, perDay }: Limits) {
    parser.pushKeys([minuteKey, dayKey]);
    parser.push(String(now), String(perMinute), String(perDay ?? ''));
  },
  transformReply: (reply: unknown) => reply as number[],
});

function makeClient(url: string) {
  return createClient({
    url,
    scripts: { count },
    // A count that cannot be asked for now is made by the process itself, not kept for later.
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: () => RETRY_DELAY_MS },
  });
}

/**
 * The windows of rate limits in Redis or Valkey, which any number of processes share. A circuit breaker: once Redis fails,
 * requests no longer ask it, until it counts a probe of this process in time.
 */
export class RedisRateWindows implements SharedWindows {
  readonly #client: ReturnType<typeof makeClient>;
  readonly #logger: Logger;
  /** Whether Redis is not to be asked. */
  #open = false;
  #probeTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Connects in the background, and again whenever the connection is lost. */
  constructor(url: string, logger: Logger) {
    this.#logger = logger;
    this.#client = makeClient(url);
    this.#client.on('error', (error: Error) => this.#openCircuit(error));
    this.#client.on('ready', () => this.#open && this.#probe());
    this.#client.connect().catch((error: Error) => this.#openCircuit(error));
  }

  count(key: string, limits: Limits, now: number): Promise<Counted> | undefined {
    if (this.#open || !this.#client.isReady) return undefined;
    return this.#count(key, limits, now);
  }

  /** Ends the connection. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#probeTimer);
    this.#client.destroy();
  }

  async #count(key: string, limits: Limits, now: number): Promise<Counted> {
    const day = Math.floor(now / DAY);
    // The braces keep both keys on one node of a cluster.
    const name = `task-api:{${key}}`;
    try {
      const asked = this.#client.count(`${name}:minute`, `${name}:${day}`, now, limits);
      const [allowed, start, inMinute, inDay] = (await inTime(asked)) as [number, number, number, number];
      return { allowed: allowed === 1, windows: { minuteStart: start, minuteCount: inMinute, day, dayCount: inDay } };
    } catch (error) {
      this.#openCircuit(error as Error);
      throw error;
    }
  }

  #openCircuit(error: Error): void {
    if (this.#open || this.#closed) return;
    this.#open = true;
    this.#logger.warn({ err: error }, 'Redis is away: each process counts rate limits by itself');
    this.#probeLater();
  }

  #probeLater(): void {
    this.#probeTimer = setTimeout(() => this.#probe(), RETRY_DELAY_MS);
  }

  /**
   * One probe at a time, however late its response comes. It counts, as requests do: a server that responds but cannot
   * write is of no use.
   */
  async #probe(): Promise<void> {
    clearTimeout(this.#probeTimer);
    const begin = performance.now();
    // Without a connection it fails at once; `ready` then brings the next one.
    const responded = await this.#client.count(PROBE_KEY, PROBE_KEY, 0, { perMinute: Number.MAX_SAFE_INTEGER }).then(
      () => performance.now() - begin <= RESPONSE_TIMEOUT_MS,
      () => false,
    );
    if (this.#closed || !this.#open) return;
    if (!responded) return this.#probeLater();
    this.#open = false;
    this.#logger.info('Redis is back: rate limits are shared again');
  }
}

/** The client's own time limit ends with the sending. */
function inTime<T>(response: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer within ${RESPONSE_TIMEOUT_MS} ms`));
    // A response that came while this process itself was busy is read before it is given up.
    const timer = setTimeout(() => setImmediate(giveUp), RESPONSE_TIMEOUT_MS);
    response.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
