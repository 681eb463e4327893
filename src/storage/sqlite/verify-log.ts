import { isDeepStrictEqual } from 'node:util';
import { withSeconds } from '../../formats/date-time.ts';
import { TASK_COLUMNS, toTask } from '../sql/task-rows.ts';
import { toUser, USER_COLUMNS } from '../sql/user-rows.ts';
import type { Row } from './rows.ts';
import type { Check } from './verify-check.ts';
import { TASK_VISIBLE } from './visibility.ts';

// The change log, replayed: the newest entry of each user and task must lead to the stored row. Old entries are pruned, so a row
// may have none if it has not changed since the oldest entry.

const USER_TYPES = "'user.created', 'user.updated', 'user.deleted'";
const TASK_TYPES = "'task.created', 'task.updated', 'task.completed', 'task.deleted'";

/** The number of columns that a check adds after those of the resource. */
const ADDED = 5;

/** The columns: type and values of the newest entry, number of entries, whether the creation is there, whether any must be. */
function logColumns(id: string, types: string, created: string, table: string): string {
  const entries = `FROM changes WHERE changes.${id} = ${table}.${id} AND type IN (${types})`;
  return `(SELECT type ${entries} ORDER BY sequence DESC LIMIT 1),
    (SELECT new_values ${entries} ORDER BY sequence DESC LIMIT 1),
    (SELECT count(*) ${entries}),
    (SELECT count(*) ${entries} AND type = '${created}'),
    coalesce((SELECT sequence = 1 OR at < ${table}.updated_at FROM changes ORDER BY sequence LIMIT 1), 1)`;
}

function compare(name: string, item: { version: number }, row: Row): string | undefined {
  const [type, newValues, entries, creations, mustExist] = row.slice(-ADDED) as [
    string,
    string,
    number,
    number,
    number,
  ];
  if (type === null) return mustExist ? `${name} has no entry in the change log` : undefined;
  if (type.endsWith('.deleted')) return `${name} exists, but its newest entry in the change log is its deletion`;
  if (newValues === null) return `${name}: its newest entry in the change log has no values`;
  const fields: Record<string, unknown> = { ...item };
  const logged = JSON.parse(newValues) as Record<string, unknown>;
  // Entries from before a migration lack its new fields. The description is not there if there is none.
  const differing = [...new Set([...Object.keys(logged), 'taskDescription'])].filter(
    (field) => !isDeepStrictEqual(withoutFormat(field, logged[field]), withoutFormat(field, fields[field])),
  );
  if (differing.length > 0) return `${name}: ${differing.join(', ')} differs from its newest entry in the change log`;
  if (creations === 1 && item.version !== entries) {
    return `${name} has version ${item.version}, but ${entries} entries in the change log`;
  }
  return undefined;
}

/** Older entries have due dates without seconds. */
function withoutFormat(field: string, value: unknown): unknown {
  return field === 'dueDate' && typeof value === 'string' ? withSeconds(value) : value;
}

/** The checks of the change log. */
export const LOG_CHECKS: readonly Check[] = [
  {
    title: 'checking the sequence of the change log',
    query: `SELECT sequence, previous FROM
      (SELECT sequence, lag(sequence) OVER (ORDER BY sequence) AS previous FROM changes) WHERE sequence > previous + 1`,
    problemOf: ([sequence, previous]) => `changes: entries between ${previous} and ${sequence} are missing`,
  },
  {
    title: 'comparing users with the change log',
    rows: 'users WHERE deleted = 0',
    query: `SELECT ${USER_COLUMNS}, ${logColumns('user_id', USER_TYPES, 'user.created', 'users')} FROM users WHERE deleted = 0`,
    problemOf: (row) => compare(`user ${row[0]}`, toUser(row), row),
  },
  {
    title: 'comparing tasks with the change log',
    rows: `tasks WHERE ${TASK_VISIBLE}`,
    query: `SELECT ${TASK_COLUMNS}, ${logColumns('task_id', TASK_TYPES, 'task.created', 'tasks')}
      FROM tasks WHERE ${TASK_VISIBLE}`,
    problemOf: (row) => compare(`task ${row[0]}`, toTask(row), row),
  },
  {
    title: 'looking for users of the change log that are missing',
    query: `SELECT user_id, max(sequence), type FROM changes WHERE type IN (${USER_TYPES})
      AND user_id NOT IN (SELECT user_id FROM users) GROUP BY user_id`,
    problemOf: ([id, , type]) =>
      type === 'user.deleted' ? undefined : `user ${id} is missing, but its newest entry is ${type}`,
  },
  {
    // The tasks of a deleted user are deleted without entries.
    title: 'looking for tasks of the change log that are missing',
    query: `SELECT task_id, max(sequence), type, user_id IN (SELECT user_id FROM users WHERE deleted = 0)
      FROM changes WHERE type IN (${TASK_TYPES}) AND task_id NOT IN (SELECT task_id FROM tasks) GROUP BY task_id`,
    problemOf: ([id, , type, hasOwner]) =>
      type === 'task.deleted' || !hasOwner ? undefined : `task ${id} is missing, but its newest entry is ${type}`,
  },
  {
    title: 'checking references to the change log',
    query: `SELECT name, sequence FROM (
        SELECT 'consumer ' || name AS name, last_sequence AS sequence FROM consumers
        UNION ALL SELECT 'webhook delivery ' || delivery_id, sequence FROM webhook_deliveries
        UNION ALL SELECT 'an idempotency key', sequence FROM idempotency_keys)
      WHERE sequence > (SELECT coalesce(max(sequence), 0) FROM changes)`,
    problemOf: ([name, sequence]) => `${name} refers to entry ${sequence} of the change log, which is not there`,
  },
];
