import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDueDate } from '../../src/email/due-date.ts';

const DATES = {
  '2026-06-01T14:00:00+02:00': '1 June 2026, 14:00 (UTC+02:00)',
  '2026-12-31T23:59:59.999999-09:30': '31 December 2026, 23:59 (UTC-09:30)',
  '2026-06-01T12:00Z': '1 June 2026, 12:00 (UTC)',
  '2026-06-01t12:05:00.5z': '1 June 2026, 12:05 (UTC)',
  '0001-01-01T00:00:00-00:00': '1 January 0001, 00:00 (UTC)',
  '9999-12-31T00:00+05:45': '31 December 9999, 00:00 (UTC+05:45)',
};

for (const [dueDate, shown] of Object.entries(DATES)) {
  test(`${dueDate} is ${shown}`, () => assert.equal(formatDueDate(dueDate), shown));
}
