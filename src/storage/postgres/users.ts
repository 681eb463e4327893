import { type ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';
import { EmailTaken, type NewUser, type User, type UserChangeOptions, type UserChanges } from '../../domain/users.ts';
import { userDeleted, userUpdated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { changeUser, toUser, USER_COLUMNS } from '../sql/user-rows.ts';
import { eraseResponses } from './attempts.ts';
import { eraseValues, insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { isUniqueViolation } from './errors.ts';
import { changeAddress } from './identities.ts';

/**
 * Of equal addresses the first is inserted, and none that another user has. In the order of the addresses: two batches
 * that lock the same ones in opposite order would wait for each other for ever.
 */
const INSERT = `
  WITH input AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $6::text[], $7::text[]) WITH ORDINALITY
      AS input (first_name, last_name, contact_email, contact_email_key, actor, values_after_id, place)
  ), first AS (
    SELECT DISTINCT ON (contact_email_key COLLATE "C") * FROM input ORDER BY contact_email_key COLLATE "C", place
  ), inserted AS (
    INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
      SELECT first_name, last_name, contact_email, contact_email_key, $5, $5 FROM first
      ORDER BY contact_email_key COLLATE "C"
      ON CONFLICT (contact_email_key) DO NOTHING
      RETURNING user_id, contact_email_key
  ), logged AS (
    INSERT INTO changes (at, type, actor, user_id, new_values)
      SELECT $5, 'user.created', actor, user_id, '{"userId":' || user_id || ',' || values_after_id
      FROM inserted JOIN first USING (contact_email_key)
      RETURNING sequence, user_id
  )
  SELECT place::integer, user_id, sequence FROM logged JOIN inserted USING (user_id) JOIN first USING (contact_email_key)`;

/** A user to insert, and who does. */
export interface UserInput {
  user: NewUser;
  actor: string;
}

/** Inserts users, or tells for each that another has the address. */
export async function insertUsers(
  db: Queryable,
  inputs: readonly UserInput[],
  now: number,
): Promise<(Inserted<User> | typeof EmailTaken)[]> {
  const column = (name: keyof NewUser) => inputs.map(({ user }) => user[name]);
  const rows = await db.query({
    name: 'insert_users',
    text: INSERT,
    values: [
      column('firstName'),
      column('lastName'),
      column('contactEmail'),
      column('contactEmailKey'),
      now,
      inputs.map(({ actor }) => actor),
      // The id, which the database gives, comes first.
      inputs.map(({ user: { contactEmailKey, ...values } }) => JSON.stringify(values).slice(1)),
    ],
  });
  const outcomes: (Inserted<User> | typeof EmailTaken)[] = inputs.map(() => EmailTaken);
  for (const [place, userId, sequence] of rows as [number, number, number][]) {
    const { firstName, lastName, contactEmail } = (inputs[place - 1] as UserInput).user;
    const item = { userId, firstName, lastName, contactEmail, version: 1 };
    outcomes[place - 1] = { item, replayed: false, sequence };
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
  { actor, versions, byUser = false }: UserChangeOptions,
  now: number,
): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined> {
  try {
    return await db.transaction(async (client) => {
      const user = await lockUser(client, userId);
      if (user === undefined) return undefined;
      if (versions?.includes(user.version) === false) return VersionMismatch;
      const changed = changeUser(user, changes);
      if (changed === user) return user;
      const { firstName, lastName, contactEmail, version } = changed;
      const { contactEmailKey } = changes;
      if (contactEmailKey !== undefined) await changeAddress(client, userId, contactEmailKey, byUser);
      await client.query({
        text: `UPDATE users SET first_name = $2, last_name = $3, contact_email = $4,
               contact_email_key = coalesce($5, contact_email_key), version = $6, updated_at = $7
               WHERE user_id = $1`,
        values: [userId, firstName, lastName, contactEmail, contactEmailKey ?? null, version, now],
      });
      if (contactEmail !== user.contactEmail) await deleteLinks(client, userId);
      await insertChange(client, userUpdated(user, changed), actor, now);
      return changed;
    });
  } catch (error) {
    if (isUniqueViolation(error)) return EmailTaken;
    throw error;
  }
}

/** A user with a million tasks takes half a minute: with the limit of other statements nobody could ever delete one. */
const DELETION = { statementTimeout: 120_000 };

/** False when there is no such user. Tasks and tokens go in the same transaction, and what the change log says of them. */
export function deleteUser(
  db: Database,
  userId: number,
  { actor, versions }: ChangeOptions,
  now: number,
): Promise<boolean | typeof VersionMismatch> {
  return db.transaction(async (client) => {
    const user = await lockUser(client, userId);
    if (user === undefined) return false;
    if (versions?.includes(user.version) === false) return VersionMismatch;
    await client.query({ name: 'delete_user', text: 'DELETE FROM users WHERE user_id = $1', values: [userId] });
    // Afterwards: what others were just changing of the user's is waited for, and then seen.
    await eraseValues(client, userId);
    await eraseResponses(client, userId);
    await insertChange(client, userDeleted(userId), actor, now);
    return true;
  }, DELETION);
}

/** That one address was confirmed, or may be by a link that is out, says nothing of the next. */
async function deleteLinks(client: Queryable, userId: number): Promise<void> {
  const text = 'DELETE FROM email_confirmations WHERE user_id = $1';
  await client.query({ name: 'delete_links', text, values: [userId] });
}

/** The user, whom nobody else changes or deletes until the transaction ends. */
export async function lockUser(client: Queryable, userId: number): Promise<User | undefined> {
  const text = `SELECT ${USER_COLUMNS} FROM users WHERE user_id = $1 FOR UPDATE`;
  const [row] = await client.query({ name: 'lock_user', text, values: [userId] });
  return row === undefined ? undefined : toUser(row);
}
