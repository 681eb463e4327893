const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The maximum number of addresses whose invalid tokens are counted. The least recently seen are evicted. */
export const MAX_ADDRESSES = 100_000;

/** How many requests are allowed. Plans have both limits. */
export interface Limits {
  readonly perMinute: number;
  /** Undefined for no daily limit. */
  readonly perDay?: number;
}

/** The rest of a limit. Times are milliseconds since the epoch. */
export interface Allowance {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetsAt: number;
  /** When the requests that were not allowed will be. */
  retryAt: number;
}

/** A map, or a cache with the same interface. */
export interface WindowMap extends Iterable<[string | number, Windows]> {
  get(key: string | number): Windows | undefined;
  set(key: string | number, windows: Windows): unknown;
  delete(key: string | number): boolean;
}

/** The counts of one key. */
export interface Windows {
  minuteStart: number;
  minuteCount: number;
  /** Days since the epoch. */
  day: number;
  dayCount: number;
}

/** The result of counting a request: whether it was allowed, and the counts afterwards. */
export interface CountResult {
  allowed: boolean;
  windows: Windows;
}

/** Windows shared by several processes. */
export interface SharedWindows {
  /**
   * Counts requests of `key` at `now` (milliseconds since the epoch) if the limits allow all of them. Undefined or rejected
   * while the shared windows are unavailable.
   */
  count(key: string, limits: Limits, now: number, requests: number): Promise<CountResult> | undefined;
}

/**
 * Counts requests in fixed windows: a minute that starts with its first request, and the day in UTC. A rejected request
 * does not count.
 */
export class RateLimiter {
  readonly #clock: () => number;
  readonly #windows: WindowMap;
  #today = 0;

  /**
   * @param clock the time, in milliseconds since the epoch.
   * @param windows stores the counts. A bounded map evicts counts when it is full, and so allows more requests.
   */
  constructor(clock: () => number, windows: WindowMap = new Map()) {
    this.#clock = clock;
    this.#windows = windows;
  }

  /** Counts requests of `key` if its plan allows all of them. Undefined for a plan without limits. */
  count(key: string | number, plan: Limits | 'unlimited', requests = 1): Allowance | undefined {
    if (plan === 'unlimited') return undefined;
    const { allowed, windows } = this.countInWindows(key, plan, requests);
    return toAllowance(allowed, windows, plan, requests);
  }

  /** Counts requests of `key` if the limits allow all of them. The windows of the result change with the next request. */
  countInWindows(key: string | number, limits: Limits, requests: number): CountResult {
    const windows = this.#current(key, this.#clock());
    const allowed =
      windows.minuteCount + requests <= limits.perMinute && windows.dayCount + requests <= perDayOf(limits);
    if (allowed) {
      windows.minuteCount += requests;
      windows.dayCount += requests;
    }
    return { allowed, windows };
  }

  #current(key: string | number, now: number): Windows {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#today) this.#pruneBefore(day, now);
    let windows = this.#windows.get(key);
    if (windows === undefined) {
      windows = { minuteStart: now, minuteCount: 0, day, dayCount: 0 };
      this.#windows.set(key, windows);
    }
    // If the clock was set back, start a new window: a few more requests are better than a token that is locked out.
    if (now >= windows.minuteStart + MINUTE_MS || now < windows.minuteStart) {
      windows.minuteStart = now;
      windows.minuteCount = 0;
    }
    if (day !== windows.day) {
      windows.day = day;
      windows.dayCount = 0;
    }
    return windows;
  }

  /** Once a day, so that unused tokens do not fill the memory. */
  #pruneBefore(day: number, now: number): void {
    this.#today = day;
    for (const [key, windows] of this.#windows) {
      if (now >= windows.minuteStart + MINUTE_MS) this.#windows.delete(key);
    }
  }
}

/** Counts requests together with other processes. Falls back to a {@link RateLimiter} while the shared windows are unavailable. */
export class SharedRateLimiter {
  readonly #name: string;
  readonly #shared: SharedWindows;
  readonly #fallback: RateLimiter;
  readonly #clock: () => number;

  /**
   * @param name distinguishes the keys of this limiter from those of others.
   * @param clock the time, in milliseconds since the epoch.
   */
  constructor(name: string, shared: SharedWindows, fallback: RateLimiter, clock: () => number) {
    this.#name = name;
    this.#shared = shared;
    this.#fallback = fallback;
    this.#clock = clock;
  }

  /** Counts requests of `key` if its plan allows all of them. Undefined for a plan without limits. */
  count(
    key: string | number,
    plan: Limits | 'unlimited',
    requests = 1,
  ): Allowance | undefined | Promise<Allowance | undefined> {
    if (plan === 'unlimited') return undefined;
    const counted = this.#shared.count(`${this.#name}:${key}`, plan, this.#clock(), requests);
    if (counted === undefined) return this.#fallback.count(key, plan, requests);
    return counted.then(
      ({ allowed, windows }) => toAllowance(allowed, windows, plan, requests),
      () => this.#fallback.count(key, plan, requests),
    );
  }
}

/** Counts requests, alone or together with other processes. */
export type Limiter = Pick<RateLimiter, 'count'> | Pick<SharedRateLimiter, 'count'>;

/** The window with the fewest requests left; on a tie, the one that resets later. */
function toAllowance(allowed: boolean, windows: Windows, plan: Limits, requests: number): Allowance {
  const minuteLeft = plan.perMinute - windows.minuteCount;
  const perDay = perDayOf(plan);
  const dayLeft = perDay - windows.dayCount;
  const minuteEnd = windows.minuteStart + MINUTE_MS;
  const dayEnd = (windows.day + 1) * DAY_MS;
  const isDayTighter = dayLeft < minuteLeft || (dayLeft === minuteLeft && dayEnd > minuteEnd);
  const retryAt = Math.max(minuteLeft < requests ? minuteEnd : 0, dayLeft < requests ? dayEnd : 0);
  return isDayTighter
    ? { allowed, limit: perDay, remaining: dayLeft, resetsAt: dayEnd, retryAt }
    : { allowed, limit: plan.perMinute, remaining: minuteLeft, resetsAt: minuteEnd, retryAt };
}

function perDayOf({ perDay = Number.POSITIVE_INFINITY }: Limits): number {
  return perDay;
}
