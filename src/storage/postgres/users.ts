import { EmailTaken, type NewUser, type User, type UserChanges } from '../store.ts';
import { changeUser, toUser, USER_COLUMNS } from '../user-rows.ts';
import type { Database, Queryable } from './database.ts';
import { isUniqueViolation } from './errors.ts';

/**
 * Of equal addresses the first is inserted, and none that another user has. In the order of the addresses: two batches
 * that lock the same ones in opposite order would wait for each other for ever.
 */
const INSERT = `
  WITH input AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
      AS input (first_name, last_name, contact_email, contact_email_key, place)
  ), first AS (
    SELECT DISTINCT ON (contact_email_key COLLATE "C") * FROM input ORDER BY contact_email_key COLLATE "C", place
  ), inserted AS (
    INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
      SELECT first_name, last_name, contact_email, contact_email_key, $5, $5 FROM first
      ORDER BY contact_email_key COLLATE "C"
      ON CONFLICT (contact_email_key) DO NOTHING
      RETURNING user_id, contact_email_key
  )
  SELECT place::integer, user_id FROM inserted JOIN first USING (contact_email_key)`;

/** Inserts users, or tells for each that another has the address. */
export async function insertUsers(db: Queryable, users: NewUser[], now: number): Promise<(User | typeof EmailTaken)[]> {
  const column = (name: keyof NewUser) => users.map((user) => user[name]);
  const rows = await db.query({
    name: 'insert_users',
    text: INSERT,
    values: [column('firstName'), column('lastName'), column('contactEmail'), column('contactEmailKey'), now],
  });
  const outcomes: (User | typeof EmailTaken)[] = users.map(() => EmailTaken);
  for (const [place, userId] of rows as [number, number][]) {
    const { firstName, lastName, contactEmail } = users[place - 1] as NewUser;
    outcomes[place - 1] = { userId, firstName, lastName, contactEmail, version: 1 };
  }
  return outcomes;
}

export async function selectUser(db: Database, userId: number): Promise<User | undefined> {
  const text = `SELECT ${USER_COLUMNS} FROM users WHERE user_id = $1`;
  const [row] = await db.query({ name: 'select_user', text, values: [userId] });
  return row === undefined ? undefined : toUser(row);
}

export async function updateUser(
  db: Database,
  userId: number,
  changes: UserChanges,
  now: number,
): Promise<User | typeof EmailTaken | undefined> {
  try {
    return await db.transaction(async (client) => {
      const [row] = await client.query({
        text: `SELECT ${USER_COLUMNS} FROM users WHERE user_id = $1 FOR UPDATE`,
        values: [userId],
      });
      if (row === undefined) return undefined;
      const user = toUser(row);
      const changed = changeUser(user, changes);
      if (changed === user) return user;
      const { firstName, lastName, contactEmail, version } = changed;
      await client.query({
        text: `UPDATE users SET first_name = $2, last_name = $3, contact_email = $4,
               contact_email_key = coalesce($5, contact_email_key), version = $6, updated_at = $7
               WHERE user_id = $1`,
        values: [userId, firstName, lastName, contactEmail, changes.contactEmailKey ?? null, version, now],
      });
      return changed;
    });
  } catch (error) {
    if (isUniqueViolation(error)) return EmailTaken;
    throw error;
  }
}

/** False when there is no such user. Tasks and tokens go in the same transaction. */
export async function deleteUser(db: Database, userId: number): Promise<boolean> {
  const text = 'DELETE FROM users WHERE user_id = $1 RETURNING 1';
  return (await db.query({ name: 'delete_user', text, values: [userId] })).length === 1;
}
