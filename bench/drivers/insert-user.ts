import type { Queryable } from '../../src/storage/postgres/database.ts';
import { EmailTaken, type NewUser, type User } from '../../src/storage/store.ts';

const INSERT = `
  INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $5)
    ON CONFLICT (contact_email_key) DO NOTHING
    RETURNING user_id`;

/** Inserts one user in a statement of its own, or tells that another has the address. */
export async function insertUser(db: Queryable, user: NewUser, now: number): Promise<User | typeof EmailTaken> {
  const { firstName, lastName, contactEmail, contactEmailKey } = user;
  const values = [firstName, lastName, contactEmail, contactEmailKey, now];
  const [row] = await db.query({ name: 'insert_user', text: INSERT, values });
  if (row === undefined) return EmailTaken;
  return { userId: row[0] as number, firstName, lastName, contactEmail, version: 1 };
}
