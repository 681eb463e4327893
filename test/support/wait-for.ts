import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 5;

export interface WaitOptions {
  /** How long to wait. 10 seconds by default, which a loaded machine rarely needs. */
  timeoutMs?: number;
  /** What the error reports if the condition does not hold in time. */
  message: string;
}

/**
 * Polls until a condition returns a truthy value, and resolves with that value. The condition is checked at least once.
 *
 * @throws AssertionError if the condition does not hold within `timeoutMs`.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, message }: WaitOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(performance.now() < deadline, `${message} (waited ${timeoutMs} ms)`);
    await sleep(POLL_INTERVAL_MS);
  }
}
