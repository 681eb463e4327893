import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMAIL_RETRIES } from '../../src/email/dispatcher.ts';
import { WEBHOOK_RETRIES } from '../../src/webhooks/dispatcher.ts';
import { nextAttemptAt, type RetrySchedule } from '../../src/workers/retry-schedule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The delays of a delivery whose attempts all fail at once, in milliseconds. */
function delaysOf(schedule: RetrySchedule, random = () => 0): number[] {
  const delays: number[] = [];
  for (let now = 0; ; ) {
    const next = nextAttemptAt(schedule, delays.length + 1, 0, now, random);
    if (next === undefined) return delays;
    delays.push(next - now);
    now = next;
  }
}

test('webhook deliveries are retried with growing delays for three days', () => {
  const delays = delaysOf(WEBHOOK_RETRIES);
  const minutes = [5 / 60, 0.5, 2, 10, 30, 60, 180];
  assert.deepEqual(delays, [...minutes.map((n) => n * MINUTE_MS), ...Array(11).fill(6 * HOUR_MS)]);
});

test('emails are retried with growing delays for a day', () => {
  const minutes = [1, 2, 4, 8, 16, 32];
  assert.deepEqual(delaysOf(EMAIL_RETRIES), [...minutes.map((n) => n * MINUTE_MS), ...Array(22).fill(HOUR_MS)]);
});

test('a retry at the end of the lifetime is not made', () => {
  const schedule = { delaysMs: [1_000], lifetimeMs: 5_000 };
  assert.equal(
    nextAttemptAt(schedule, 1, 0, 3_999, () => 0),
    4_999,
  );
  assert.equal(
    nextAttemptAt(schedule, 1, 0, 4_000, () => 0),
    undefined,
  );
});

test('jitter makes a delay up to 10 % longer, and never shorter', () => {
  const schedule = { delaysMs: [1_000], lifetimeMs: HOUR_MS };
  const delays = [0, 0.5, 0.999].map((n) => nextAttemptAt(schedule, 1, 0, 0, () => n));
  assert.deepEqual(delays, [1_000, 1_050, 1_099]);
});
