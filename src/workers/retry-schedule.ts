/** When failed attempts are retried, and for how long. */
export interface RetrySchedule {
  /** The delay after each attempt, in milliseconds. The last delay also applies after all further attempts. */
  delaysMs: readonly number[];
  /** No attempt is made later than this many milliseconds after the first. */
  lifetimeMs: number;
}

/** The maximum random extension of a delay, as a fraction, so that attempts that failed together are not retried together. */
const MAX_JITTER = 0.1;

/**
 * When to make the next attempt, in milliseconds since the epoch; undefined to give up.
 *
 * @param attempts how many attempts have failed.
 * @param startedAt when the lifetime began, in milliseconds since the epoch.
 * @param now in milliseconds since the epoch.
 * @param random returns a number from 0 (inclusive) to 1 (exclusive).
 */
export function nextAttemptAt(
  { delaysMs, lifetimeMs }: RetrySchedule,
  attempts: number,
  startedAt: number,
  now: number,
  random: () => number,
): number | undefined {
  const delayMs = delaysMs[Math.min(attempts, delaysMs.length) - 1] as number;
  const next = now + Math.floor(delayMs * (1 + MAX_JITTER * random()));
  return next < startedAt + lifetimeMs ? next : undefined;
}
