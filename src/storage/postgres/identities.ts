import type { IdentityRepository, Subject, UserIdentity } from '../../domain/identities.ts';
import { identityBound } from '../sql/change-rows.ts';
import { IDENTITY_COLUMNS, toIdentity } from '../sql/identity-rows.ts';
import { insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';

export class PostgresIdentityRepository implements IdentityRepository {
  readonly #db: Database;
  readonly #clock: () => number;

  constructor(db: Database, { clock }: { clock: () => number }) {
    this.#db = db;
    this.#clock = clock;
  }

  find(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return findIdentity(this.#db, contactEmailKey, subject);
  }

  bind(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return this.#db.transaction(async (client) => {
      // Locked before the identity is read, so that of two subjects the second one sees the first.
      await client.query({
        name: 'lock_user_by_key',
        text: 'SELECT 1 FROM users WHERE contact_email_key = $1 FOR UPDATE',
        values: [contactEmailKey],
      });
      const identity = await findIdentity(client, contactEmailKey, subject);
      if (identity?.belongsTo !== 'free') return identity;
      await client.query({
        name: 'bind_identity',
        text: `INSERT INTO user_identities (user_id, issuer, subject, address_by_user) VALUES ($1, $2, $3, 0)
               ON CONFLICT (user_id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject`,
        values: [identity.userId, subject.issuer, subject.subject],
      });
      await insertChange(client, identityBound(identity.userId, subject), { actor: subject.subject }, this.#clock());
      return { ...identity, belongsTo: 'own' };
    });
  }
}

async function findIdentity(
  db: Queryable,
  contactEmailKey: string,
  subject: Subject,
): Promise<UserIdentity | undefined> {
  const [row] = await db.query({
    name: 'select_identity',
    text: `SELECT ${IDENTITY_COLUMNS} FROM users LEFT JOIN user_identities ON user_identities.user_id = users.user_id
           WHERE contact_email_key = $1`,
    values: [contactEmailKey],
  });
  return row === undefined ? undefined : toIdentity(row, subject);
}

/** Call it in the transaction that changes a user's address, before the change. Does nothing if the key stays. */
export async function changeAddress(
  client: Queryable,
  userId: number,
  contactEmailKey: string,
  byUser: boolean,
): Promise<void> {
  const changes = 'FROM users WHERE user_id = $1 AND contact_email_key <> $2';
  await client.query({
    name: byUser ? 'set_address_by_user' : 'delete_identity',
    text: byUser
      ? `INSERT INTO user_identities (user_id, address_by_user) SELECT user_id, 1 ${changes}
         ON CONFLICT (user_id) DO UPDATE SET address_by_user = 1`
      : `DELETE FROM user_identities WHERE user_id IN (SELECT user_id ${changes})`,
    values: [userId, contactEmailKey],
  });
}
