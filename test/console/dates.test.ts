import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relativeDate } from '../../console/src/formats/dates.ts';

const local = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();

test('how long ago a date is, is in days of the calendar from a day on', () => {
  const now = new Date(2026, 10, 30, 3).getTime();
  assert.equal(relativeDate(local(30, 1), now), '2 hours ago');
  assert.equal(relativeDate(local(29, 4), now), '23 hours ago');
  assert.equal(relativeDate(local(29, 2), now), 'yesterday');
  assert.equal(relativeDate(local(28, 17), now), '2 days ago');
  assert.equal(relativeDate(local(25, 2), now), '5 days ago');
  assert.equal(relativeDate(new Date(now + 20_000).toISOString(), now), 'in 20 seconds');
});
