import { toMicroseconds } from '../../formats/date-time.ts';
import { emailKey } from '../../formats/email-address.ts';
import type { Check } from './verify-check.ts';

/** The tables whose ids are never reused. */
const COUNTED = [
  ['users', 'user_id'],
  ['tasks', 'task_id'],
  ['tokens', 'token_id'],
  ['webhooks', 'webhook_id'],
  ['webhook_deliveries', 'delivery_id'],
  ['webhook_attempts', 'attempt_id'],
] as const;

/** The greatest id of a table, also of rows that were deleted, if the change log has it. */
function greatestId(table: string, id: string): string {
  const logged = ['users', 'tasks', 'tokens'].includes(table) ? `(SELECT max(${id}) FROM changes)` : '0';
  return `max(coalesce((SELECT max(${id}) FROM ${table}), 0), coalesce(${logged}, 0))`;
}

const COUNTERS = COUNTED.map(
  ([table, id]) =>
    `SELECT '${table}' AS name, ${greatestId(table, id)} AS greatest,
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = '${table}'), 0) AS counter`,
).join(' UNION ALL ');

/** The rules of values that no constraint of the schema holds. */
export const VALUE_CHECKS: readonly Check[] = [
  {
    title: 'checking counters of ids',
    query: `SELECT name, greatest, counter FROM (${COUNTERS}) WHERE counter < greatest`,
    problemOf: ([table, greatest, counter]) =>
      `sqlite_sequence: the counter of ${table} is ${counter}, but the greatest id is ${greatest}`,
  },
  {
    title: 'checking addresses',
    // A soft-deleted user has another key, because the address is free.
    rows: 'users WHERE deleted = 0',
    query: 'SELECT user_id, contact_email, contact_email_key FROM users WHERE deleted = 0',
    problemOf: ([id, address, key]) =>
      emailKey(address as string) === key ? undefined : `user ${id}: contact_email_key is not that of contact_email`,
  },
  {
    title: 'checking due dates',
    rows: 'tasks',
    query: 'SELECT task_id, due_date, CAST(due_at AS TEXT) FROM tasks',
    problemOf: ([id, date, at]) =>
      String(toMicroseconds(date as string)) === at ? undefined : `task ${id}: due_at is not the time of due_date`,
  },
  {
    // As planReminder plans it: the warning offset before the due date, or the time of the change if that was later.
    title: 'checking reminders',
    query: `SELECT task_id FROM tasks WHERE remind_at IS NOT NULL AND NOT (
      task_status IN ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED') AND remind_at <= due_at AND (
        remind_at = due_at - warning_offset * 60000000
        OR remind_at > due_at - warning_offset * 60000000 AND remind_at <= updated_at * 1000))`,
    problemOf: ([id]) => `task ${id}: remind_at does not follow from its due date, warning offset and status`,
  },
  {
    title: 'checking soft-deleted users',
    query: `SELECT user_id, 'tokens' FROM tokens WHERE user_id IN (SELECT user_id FROM users WHERE deleted = 1)
      UNION SELECT user_id, 'emails' FROM emails WHERE user_id IN (SELECT user_id FROM users WHERE deleted = 1)
      UNION SELECT user_id, 'an identity' FROM user_identities
        WHERE user_id IN (SELECT user_id FROM users WHERE deleted = 1)`,
    problemOf: ([id, rest]) => `user ${id} is soft-deleted, but has ${rest}`,
  },
];
