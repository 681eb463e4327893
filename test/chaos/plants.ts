import type { ViolationKind } from './history.ts';
import type { PostgresServers } from './postgres-servers.ts';

/** Tasks with a reminder: no client changes or deletes them, but for the deletion of their owner. */
const DUE_SOON = `due_at < extract(epoch FROM now() + interval '2 days') * 1000000`;
const WITH_REMINDER = `SELECT task_id FROM tasks WHERE ${DUE_SOON}`;
/** Their first event after the start of the run. */
const CREATED = `type = 'task.created' AND task_id IN (${WITH_REMINDER})`;

/** What breaks each promise in a running system, by statements on its database. They leave each other's rows alone. */
const PLANTS: readonly [kind: ViolationKind, statement: string][] = [
  [
    'reminder missing',
    `UPDATE tasks SET remind_at = NULL WHERE task_id = (${WITH_REMINDER} AND remind_at IS NOT NULL ORDER BY remind_at DESC LIMIT 1)`,
  ],
  [
    'reminder doubled',
    `UPDATE tasks SET remind_at = extract(epoch FROM now()) * 1000000
       WHERE task_id = (${WITH_REMINDER} AND remind_at IS NULL ORDER BY task_id LIMIT 1)`,
  ],
  ['lost write', `DELETE FROM tasks WHERE task_id = (${WITH_REMINDER} ORDER BY task_id LIMIT 1 OFFSET 1)`],
  // Of the counter, the first task: a client may delete the owner of any other, and so both tasks.
  [
    'doubled write',
    `INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
       SELECT user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at FROM tasks
       ORDER BY task_id LIMIT 1`,
  ],
  // Only clients that read these tasks again notice it, so there are many.
  [
    'stale read',
    `UPDATE tasks SET task_title = regexp_replace(task_title, ' v[0-9]+$', ' v1') WHERE version > 1 AND NOT ${DUE_SOON}`,
  ],
  [
    'event missing',
    `DELETE FROM changes WHERE sequence = (SELECT sequence FROM changes WHERE ${CREATED} ORDER BY sequence LIMIT 1 OFFSET 3)`,
  ],
  [
    'event doubled',
    `INSERT INTO changes (at, type, actor, user_id, task_id, new_values)
       SELECT at, type, actor, user_id, task_id, new_values FROM changes WHERE ${CREATED} ORDER BY sequence LIMIT 1 OFFSET 4`,
  ],
  [
    'event out of order',
    `WITH pair AS (SELECT sequence, user_id, task_id, new_values, row_number() OVER (ORDER BY sequence) AS number
                     FROM changes WHERE ${CREATED} ORDER BY sequence LIMIT 2 OFFSET 5)
       UPDATE changes SET user_id = other.user_id, task_id = other.task_id, new_values = other.new_values
         FROM pair AS one JOIN pair AS other ON other.sequence <> one.sequence WHERE changes.sequence = one.sequence`,
  ],
  ['webhook lost', `UPDATE consumers SET last_sequence = last_sequence + 6 WHERE name = 'webhooks'`],
  [
    'webhook with two ids',
    `INSERT INTO webhook_deliveries (webhook_id, sequence, type, resource, at, state, next_attempt_at)
       SELECT webhook_id, sequence, type, resource, at, 'pending', at FROM webhook_deliveries
       WHERE state = 'delivered' ORDER BY delivery_id DESC LIMIT 1`,
  ],
];

export const PLANTED_KINDS = PLANTS.map(([kind]) => kind);

/** Breaks each of {@link PLANTED_KINDS} once. @throws Error if there is nothing to break yet. */
export async function plantAll(postgres: PostgresServers): Promise<void> {
  for (const [kind, statement] of PLANTS) {
    const rows = await postgres.query(`${statement} RETURNING 1`);
    if (rows.length === 0) throw new Error(`there is no row for "${kind}" yet`);
  }
}
