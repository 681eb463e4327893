import { ApiError, NetworkError } from './errors.ts';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/** The service has not processed the request. */
const REJECTED = [408, 429];

/** A write may be stored all the same. */
const UNCERTAIN = [500, 502, 503, 504];

/** Whether the request may have been processed, although it failed. */
export function isUncertain(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && UNCERTAIN.includes(error.status));
}

/** Whether another attempt may succeed. @param repeatable whether the request may be processed twice. */
export function isRetryable(error: unknown, repeatable: boolean): boolean {
  if (isUncertain(error)) return repeatable;
  return error instanceof ApiError && REJECTED.includes(error.status);
}

/**
 * How long to wait before the next attempt, in milliseconds: exponential backoff with jitter, and at least as long as
 * `Retry-After`.
 *
 * @param failures the number of attempts that have failed.
 * @param now milliseconds since the epoch.
 * @param random a number from 0 to 1.
 */
export function retryDelayMs(error: unknown, failures: number, now: number, random: number): number {
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS) * (0.5 + random / 2);
  return Math.max(backoff, error instanceof ApiError ? retryAfterMs(error.response.headers, now) : 0);
}

/** `Retry-After` is a number of seconds, or a date if a proxy sends it. */
function retryAfterMs(headers: Headers, now: number): number {
  const value = headers.get('retry-after') ?? '0';
  return (/^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now) || 0;
}
