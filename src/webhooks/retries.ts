const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The pauses after the first attempts, in milliseconds; the last one after all others as well. */
const PAUSES = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR];

/** For how long after the first attempt it is tried again, in milliseconds. */
const PATIENCE = 72 * HOUR;

/**
 * When to try again what was tried so many times, or undefined when to give up. Instants are milliseconds since the epoch.
 */
export function nextAttempt(attempts: number, firstAttemptAt: number, now: number): number | undefined {
  const next = now + (PAUSES[Math.min(attempts, PAUSES.length) - 1] as number);
  return next <= firstAttemptAt + PATIENCE ? next : undefined;
}
