import { createClient, defineScript } from '@redis/client';
import type { Logger } from 'pino';
import type { CountResult, Limits, SharedWindows } from './rate-limiter.ts';

/** The time limit of a connection attempt. */
const CONNECT_TIMEOUT_MS = 2_000;
/** The default time limit of a response: some fifty times what it usually takes, and a short delay for a request. */
const RESPONSE_TIMEOUT_MS = 50;
/** How long to wait before the next connection attempt, or the next probe. */
const RETRY_DELAY_MS = 500;

/**
 * Counts requests atomically, if both windows allow all of them. Without a daily limit, the key of the day is not used. `now` comes
 * from the calling process; small differences between clocks do not start a new minute. The keys expire after their windows.
 */
const COUNT = `
  local now, perMinute, perDay = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local requests = tonumber(ARGV[4])
  local minute = redis.call('HMGET', KEYS[1], 'start', 'count')
  local start, count = tonumber(minute[1]), tonumber(minute[2])
  if not start or now >= start + 60000 or now <= start - 60000 then
    start, count = now, 0
  end
  local dayCount = perDay and tonumber(redis.call('GET', KEYS[2]) or '0') or 0
  local allowed = count + requests <= perMinute and (not perDay or dayCount + requests <= perDay)
  if allowed then
    count = count + requests
    redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'count', count)
    redis.call('PEXPIRE', KEYS[1], 120000)
    if perDay then
      dayCount = redis.call('INCRBY', KEYS[2], requests)
      redis.call('PEXPIRE', KEYS[2], 172800000)
    end
  end
  return { allowed and 1 or 0, start, count, dayCount }`;

const DAY_MS = 86_400_000;

/** The key that probes count. */
const PROBE_KEY = 'task-api:{probe}';

const count = defineScript({
  SCRIPT: COUNT,
  NUMBER_OF_KEYS: 2,
  parseCommand(
    parser,
    minuteKey: string,
    dayKey: string,
    now: number,
    { perMinute, perDay }: Limits,
    requests: number,
  ) {
    parser.pushKeys([minuteKey, dayKey]);
    parser.push(String(now), String(perMinute), String(perDay ?? ''), String(requests));
  },
  transformReply: (reply: unknown) => reply as number[],
});

function createRedisClient(url: string) {
  return createClient({
    url,
    scripts: { count },
    // While Redis is unavailable, the process counts by itself instead of queueing commands.
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: () => RETRY_DELAY_MS },
  });
}

export interface RedisRateWindowsOptions {
  /** The time limit of a response, in milliseconds. 50 by default. */
  responseTimeoutMs?: number;
}

/**
 * Windows in Redis or Valkey, shared by any number of processes. A circuit breaker: after a failure, requests do not use
 * Redis until it has counted a probe in time.
 */
export class RedisRateWindows implements SharedWindows {
  readonly #client: ReturnType<typeof createRedisClient>;
  readonly #logger: Logger;
  readonly #responseTimeoutMs: number;
  /** Whether the circuit is open: Redis is not used. */
  #open = false;
  #probeTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Connects in the background, and reconnects when the connection is lost. */
  constructor(url: string, logger: Logger, { responseTimeoutMs = RESPONSE_TIMEOUT_MS }: RedisRateWindowsOptions = {}) {
    this.#logger = logger;
    this.#responseTimeoutMs = responseTimeoutMs;
    this.#client = createRedisClient(url);
    this.#client.on('error', (error: Error) => this.#openCircuit(error));
    this.#client.on('ready', () => this.#open && this.#probe());
    this.#client.connect().catch((error: Error) => this.#openCircuit(error));
  }

  count(key: string, limits: Limits, now: number, requests: number): Promise<CountResult> | undefined {
    if (this.#open || !this.#client.isReady) return undefined;
    return this.#count(key, limits, now, requests);
  }

  /** Closes the connection. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#probeTimer);
    this.#client.destroy();
  }

  async #count(key: string, limits: Limits, now: number, requests: number): Promise<CountResult> {
    const day = Math.floor(now / DAY_MS);
    // The hash tag (braces) keeps both keys on one node of a cluster.
    const name = `task-api:{${key}}`;
    try {
      const response = this.#client.count(`${name}:minute`, `${name}:${day}`, now, limits, requests);
      const [allowed, start, inMinute, inDay] = (await withTimeout(response, this.#responseTimeoutMs)) as [
        number,
        number,
        number,
        number,
      ];
      return { allowed: allowed === 1, windows: { minuteStart: start, minuteCount: inMinute, day, dayCount: inDay } };
    } catch (error) {
      this.#openCircuit(error as Error);
      throw error;
    }
  }

  #openCircuit(error: Error): void {
    if (this.#open || this.#closed) return;
    this.#open = true;
    this.#logger.warn({ err: error }, 'Redis unavailable; rate limits are counted per process');
    this.#probeLater();
  }

  #probeLater(): void {
    this.#probeTimer = setTimeout(() => this.#probe(), RETRY_DELAY_MS);
  }

  /**
   * One probe at a time, even if its response is late. It counts like a request, because a server that responds but cannot
   * write does not help.
   */
  async #probe(): Promise<void> {
    clearTimeout(this.#probeTimer);
    const begin = performance.now();
    // Without a connection it fails immediately; the `ready` event starts the next one.
    const responded = await this.#client.count(PROBE_KEY, PROBE_KEY, 0, { perMinute: Number.MAX_SAFE_INTEGER }, 1).then(
      () => performance.now() - begin <= this.#responseTimeoutMs,
      () => false,
    );
    if (this.#closed || !this.#open) return;
    if (!responded) return this.#probeLater();
    this.#open = false;
    this.#logger.info('Redis available again; rate limits are shared');
  }
}

/** The time limit of the client itself covers only the sending of a command. */
function withTimeout<T>(response: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`no response within ${timeoutMs} ms`));
    // setImmediate: a response that arrived while this process was busy is read first.
    const timer = setTimeout(() => setImmediate(fail), timeoutMs);
    response.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
