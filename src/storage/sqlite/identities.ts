import type { IdentityRepository, Subject, UserIdentity } from '../../domain/identities.ts';
import { identityBound } from '../sql/change-rows.ts';
import { IDENTITY_COLUMNS, toIdentity } from '../sql/identity-rows.ts';
import type { ChangeRows } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';

/** The rows of identities. Call what writes in a transaction. */
export class IdentityRows {
  readonly #changes: ChangeRows;
  readonly #select: RowStatement;
  readonly #bind: RowStatement;
  readonly #selectKey: RowStatement;
  readonly #setByUser: RowStatement;
  readonly #delete: RowStatement;

  constructor({ db }: Connection, changes: ChangeRows) {
    this.#changes = changes;
    this.#select = prepare(
      db,
      `SELECT ${IDENTITY_COLUMNS} FROM users LEFT JOIN user_identities ON user_identities.user_id = users.user_id
       WHERE contact_email_key = ? AND deleted = 0`,
    );
    this.#bind = prepare(
      db,
      `INSERT INTO user_identities (user_id, issuer, subject, address_by_user) VALUES (?, ?, ?, 0)
       ON CONFLICT (user_id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject`,
    );
    this.#selectKey = prepare(db, 'SELECT contact_email_key FROM users WHERE user_id = ?');
    this.#setByUser = prepare(
      db,
      `INSERT INTO user_identities (user_id, address_by_user) VALUES (?, 1)
       ON CONFLICT (user_id) DO UPDATE SET address_by_user = 1`,
    );
    this.#delete = prepare(db, 'DELETE FROM user_identities WHERE user_id = ?');
  }

  find(contactEmailKey: string, subject: Subject): UserIdentity | undefined {
    const row = this.#select.get(contactEmailKey);
    return row === undefined ? undefined : toIdentity(row, subject);
  }

  bind(contactEmailKey: string, subject: Subject): UserIdentity | undefined {
    const identity = this.find(contactEmailKey, subject);
    if (identity?.belongsTo !== 'free') return identity;
    this.#bind.run(identity.userId, subject.issuer, subject.subject);
    this.#changes.insert(identityBound(identity.userId, subject), { actor: subject.subject });
    return { ...identity, belongsTo: 'own' };
  }

  /** The key of the user's current address. */
  addressKey(userId: number): string | undefined {
    return this.#selectKey.get(userId)?.[0] as string | undefined;
  }

  /** Call it when the user's address has changed. */
  addressChanged(userId: number, byUser: boolean): void {
    (byUser ? this.#setByUser : this.#delete).run(userId);
  }

  delete(userId: number): void {
    this.#delete.run(userId);
  }
}

export class SqliteIdentityRepository implements IdentityRepository {
  readonly #session: Session;
  readonly #rows: OnBoth<IdentityRows>;

  constructor(session: Session, { identityRows }: { identityRows: OnBoth<IdentityRows> }) {
    this.#session = session;
    this.#rows = identityRows;
  }

  find(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return this.#session.read(this.#rows, (rows) => rows.find(contactEmailKey, subject));
  }

  bind(contactEmailKey: string, subject: Subject): Promise<UserIdentity | undefined> {
    return this.#session.write(() => this.#rows.writing.bind(contactEmailKey, subject));
  }
}
