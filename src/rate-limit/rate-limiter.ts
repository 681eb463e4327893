const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How many requests are allowed. A plan of the configuration has both limits. */
export interface Limits {
  readonly perMinute: number;
  /** Undefined where a day has no limit. */
  readonly perDay?: number;
}

/** What a token has left. Instants are milliseconds since the epoch. */
export interface Allowance {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetsAt: number;
}

/** A map, or a cache that can be used as one. */
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

/** What counting one request came to: whether it was allowed, and the counts after it. */
export interface Counted {
  allowed: boolean;
  windows: Windows;
}

/** Windows that several processes share. */
export interface SharedWindows {
  /**
   * Counts one request of `key` at `now` (milliseconds since the epoch) if the limits allow it. Undefined, or rejected,
   * while they cannot be reached.
   */
  count(key: string, limits: Limits, now: number): Promise<Counted> | undefined;
}

/**
 * Counts requests in fixed windows (contract, section 5): a minute that begins with the first request in it, and the
 * day in UTC. A refused request does not count.
 */
export class RateLimiter {
  readonly #clock: () => number;
  readonly #windows: WindowMap;
  #today = 0;

  /**
   * @param clock the time, in milliseconds since the epoch.
   * @param windows where the counts are kept; a bounded map forgets, and so allows more, when it is full.
   */
  constructor(clock: () => number, windows: WindowMap = new Map()) {
    this.#clock = clock;
    this.#windows = windows;
  }

  /** Counts one request of `key` if its plan allows it. Undefined for a plan without limits. */
  count(key: string | number, plan: Limits | 'unlimited'): Allowance | undefined {
    if (plan === 'unlimited') return undefined;
    const windows = this.#current(key, this.#clock());
    const allowed = windows.minuteCount < plan.perMinute && windows.dayCount < perDayOf(plan);
    if (allowed) {
      windows.minuteCount++;
      windows.dayCount++;
    }
    return toAllowance(allowed, windows, plan);
  }

  #current(key: string | number, now: number): Windows {
    const day = Math.floor(now / DAY);
    if (day !== this.#today) this.#forgetBefore(day, now);
    let windows = this.#windows.get(key);
    if (windows === undefined) {
      windows = { minuteStart: now, minuteCount: 0, day, dayCount: 0 };
      this.#windows.set(key, windows);
    }
    // A clock that was set back ends a window too: better a few requests too many than a token locked out.
    if (now >= windows.minuteStart + MINUTE || now < windows.minuteStart) {
      windows.minuteStart = now;
      windows.minuteCount = 0;
    }
    if (day !== windows.day) {
      windows.day = day;
      windows.dayCount = 0;
    }
    return windows;
  }

  /** Once a day, so that tokens that are used no more do not fill the memory. */
  #forgetBefore(day: number, now: number): void {
    this.#today = day;
    for (const [key, windows] of this.#windows) {
      if (now >= windows.minuteStart + MINUTE) this.#windows.delete(key);
    }
  }
}

/**
 * As {@link RateLimiter}, but counts together with other processes, and by itself while that cannot be had: requests go
 * on in any case.
 */
export class SharedRateLimiter {
  readonly #name: string;
  readonly #shared: SharedWindows;
  readonly #own: RateLimiter;
  readonly #clock: () => number;

  /**
   * @param name tells these keys from those of other limiters.
   * @param own what counts while the shared windows cannot be reached.
   * @param clock the time, in milliseconds since the epoch.
   */
  constructor(name: string, shared: SharedWindows, own: RateLimiter, clock: () => number) {
    this.#name = name;
    this.#shared = shared;
    this.#own = own;
    this.#clock = clock;
  }

  /** Counts one request of `key` if its plan allows it. Undefined for a plan without limits. */
  count(key: string | number, plan: Limits | 'unlimited'): Allowance | undefined | Promise<Allowance | undefined> {
    if (plan === 'unlimited') return undefined;
    const counted = this.#shared.count(`${this.#name}:${key}`, plan, this.#clock());
    if (counted === undefined) return this.#own.count(key, plan);
    return counted.then(
      ({ allowed, windows }) => toAllowance(allowed, windows, plan),
      () => this.#own.count(key, plan),
    );
  }
}

/** What counts requests: by itself, or with others. */
export type Limiter = Pick<RateLimiter, 'count'> | Pick<SharedRateLimiter, 'count'>;

/** What the headers are to say: they speak of the window with least left, on a tie of the one that resets later. */
function toAllowance(allowed: boolean, windows: Windows, plan: Limits): Allowance {
  const minuteLeft = plan.perMinute - windows.minuteCount;
  const perDay = perDayOf(plan);
  const dayLeft = perDay - windows.dayCount;
  const minuteEnd = windows.minuteStart + MINUTE;
  const dayEnd = (windows.day + 1) * DAY;
  const speaksOfDay = dayLeft < minuteLeft || (dayLeft === minuteLeft && dayEnd > minuteEnd);
  return speaksOfDay
    ? { allowed, limit: perDay, remaining: dayLeft, resetsAt: dayEnd }
    : { allowed, limit: plan.perMinute, remaining: minuteLeft, resetsAt: minuteEnd };
}

function perDayOf({ perDay = Number.POSITIVE_INFINITY }: Limits): number {
  return perDay;
}
