import { EmailTaken, type User } from '../../src/domain/users.ts';
import type { Queryable } from '../../src/storage/postgres/database.ts';
import type { UserInput } from '../../src/storage/postgres/users.ts';
import { USER_VALUES_BEFORE_ID, userValuesAfterId } from '../../src/storage/sql/change-rows.ts';
import type { Inserted } from '../../src/storage/sql/inserted.ts';

/** With its entry in the change log, as the service writes it. */
const INSERT = `
  WITH inserted AS (
    INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
      VALUES ($1, $2, $3, $4, $5, $5)
      ON CONFLICT (contact_email_key) DO NOTHING
      RETURNING user_id
  )
  INSERT INTO changes (at, type, actor, user_id, new_values)
    SELECT $5, 'user.created', $6, user_id, '${USER_VALUES_BEFORE_ID}' || user_id || $7 FROM inserted
    RETURNING user_id, sequence`;

/** Inserts one user in a statement of its own, or tells that another has the address. */
export async function insertUser(
  db: Queryable,
  { user, origin }: UserInput,
  now: number,
): Promise<Inserted<User> | typeof EmailTaken> {
  const { contactEmailKey, ...fields } = user;
  const { firstName, lastName, contactEmail } = fields;
  const values = [firstName, lastName, contactEmail, contactEmailKey, now, origin.actor, userValuesAfterId(user)];
  const [row] = await db.query({ name: 'insert_user', text: INSERT, values });
  if (row === undefined) return EmailTaken;
  const [userId, sequence] = row as [number, number];
  return { item: { userId, ...fields, version: 1 }, replayed: false, sequence };
}
