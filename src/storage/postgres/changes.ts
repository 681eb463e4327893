import type { NewChange } from '../sql/change-rows.ts';
import type { Queryable } from './database.ts';

/** Adds an entry to the change log. Returns its sequence number. */
export async function insertChange(
  client: Queryable,
  { type, userId, formerUserId, taskId, tokenId, oldValues, newValues }: NewChange,
  actor: string,
  now: number,
): Promise<number> {
  const [row] = await client.query({
    name: 'insert_change',
    text: `INSERT INTO changes (at, type, actor, user_id, former_user_id, task_id, token_id, old_values, new_values)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING sequence`,
    values: [now, type, actor, userId, formerUserId, taskId, tokenId, oldValues, newValues],
  });
  return row?.[0] as number;
}

/** Erases a user's values from the change log, and the keys under which answers with them would be given again. */
export async function eraseValues(client: Queryable, userId: number): Promise<void> {
  await client.query({
    name: 'erase_values',
    text: `UPDATE changes SET old_values = NULL, new_values = NULL
           WHERE user_id = $1 AND (old_values IS NOT NULL OR new_values IS NOT NULL)`,
    values: [userId],
  });
  await client.query({
    name: 'erase_former_values',
    text: 'UPDATE changes SET old_values = NULL WHERE former_user_id = $1',
    values: [userId],
  });
  await client.query({
    name: 'delete_keys',
    text: 'DELETE FROM idempotency_keys WHERE user_id = $1',
    values: [userId],
  });
}
