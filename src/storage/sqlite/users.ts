import type { DatabaseSync } from 'node:sqlite';
import { type ActorOptions, VersionMismatch } from '../../domain/outcomes.ts';
import { EmailTaken, type NewUser, type User, type UserChangeOptions, type UserChanges } from '../../domain/users.ts';
import { userCreated, userDeleted, userUpdated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { changeUser, toUser, USER_COLUMNS } from '../sql/user-rows.ts';
import type { ChangeTable } from './changes.ts';
import type { IdentityTable } from './identities.ts';
import { prepare, type RowStatement } from './rows.ts';

/** A user with more tasks than this is marked and the tasks are purged afterwards: one transaction would take too long. */
export const FEW_TASKS = 16;

/**
 * The condition that a column names a deleted user who is not purged yet. Looked up in the index of deleted users, which
 * is nearly always empty: among all users it would be a page to read for each row.
 */
export function isDeletedUser(column: string): string {
  return `EXISTS (SELECT 1 FROM users INDEXED BY users_deleted
    WHERE users.user_id = ${column} AND users.deleted = 1)`;
}

/** The users. Whatever writes must be called inside a transaction. */
export class UserTable {
  readonly #changes: ChangeTable;
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #update: RowStatement;
  readonly #selectTasks: RowStatement;
  readonly #delete: RowStatement;
  readonly #mark: RowStatement;
  readonly #deleteTokens: RowStatement;
  readonly #deleteMails: RowStatement;
  readonly #deleteLinks: RowStatement;
  readonly #selectMarked: RowStatement;
  readonly #identities: IdentityTable;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, changes: ChangeTable, identities: IdentityTable, clock: () => number) {
    this.#changes = changes;
    this.#identities = identities;
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (contact_email_key) DO NOTHING`,
    );
    this.#select = prepare(db, `SELECT ${USER_COLUMNS} FROM users WHERE user_id = ? AND deleted = 0`);
    this.#update = prepare(
      db,
      `UPDATE OR IGNORE users SET first_name = ?, last_name = ?, contact_email = ?,
       contact_email_key = coalesce(?, contact_email_key), version = ?, updated_at = ? WHERE user_id = ?`,
    );
    this.#selectTasks = prepare(db, 'SELECT 1 FROM tasks WHERE user_id = ? LIMIT ?');
    this.#delete = prepare(db, 'DELETE FROM users WHERE user_id = ?');
    // No address is its key: a key has an @.
    this.#mark = prepare(
      db,
      `UPDATE users SET deleted = 1, first_name = '', last_name = '', contact_email = '', contact_email_key = user_id
       WHERE user_id = ?`,
    );
    this.#deleteTokens = prepare(db, 'DELETE FROM tokens WHERE user_id = ?');
    this.#deleteMails = prepare(db, 'DELETE FROM mails WHERE user_id = ?');
    this.#deleteLinks = prepare(db, 'DELETE FROM email_confirmations WHERE user_id = ?');
    this.#selectMarked = prepare(db, 'SELECT user_id FROM users WHERE deleted = 1 LIMIT 1');
  }

  insert(
    { firstName, lastName, contactEmail, contactEmailKey }: NewUser,
    actor: string,
  ): Inserted<User> | typeof EmailTaken {
    // Not RETURNING, for which SQLite fills a temporary table.
    const { changes, lastInsertRowid } = this.#insert.run(
      firstName,
      lastName,
      contactEmail,
      contactEmailKey,
      this.#clock(),
    );
    if (changes === 0) return EmailTaken;
    const item = { userId: Number(lastInsertRowid), firstName, lastName, contactEmail, version: 1 };
    return { item, replayed: false, sequence: this.#changes.insert(userCreated(item), actor) };
  }

  get(userId: number): User | undefined {
    const row = this.#select.get(userId);
    return row === undefined ? undefined : toUser(row);
  }

  update(
    userId: number,
    changes: UserChanges,
    { actor, versions, byUser = false }: UserChangeOptions,
  ): User | typeof EmailTaken | typeof VersionMismatch | undefined {
    const user = this.get(userId);
    if (user === undefined) return undefined;
    if (versions?.includes(user.version) === false) return VersionMismatch;
    const changed = changeUser(user, changes);
    if (changed === user) return user;
    const { firstName, lastName, contactEmail, version } = changed;
    const key = changes.contactEmailKey ?? null;
    const oldKey = key === null ? null : this.#identities.addressKey(userId);
    // No row is changed only where the index refuses the address.
    const { changes: rows } = this.#update.run(firstName, lastName, contactEmail, key, version, this.#clock(), userId);
    if (rows === 0) return EmailTaken;
    // That one address was confirmed, or may be by a link that is out, says nothing of the next.
    if (contactEmail !== user.contactEmail) this.#deleteLinks.run(userId);
    if (key !== oldKey) this.#identities.addressChanged(userId, byUser);
    this.#changes.insert(userUpdated(user, changed), actor);
    return changed;
  }

  /** Whether the user has more than a few tasks. */
  hasManyTasks(userId: number): boolean {
    return this.#selectTasks.all(userId, FEW_TASKS + 1).length > FEW_TASKS;
  }

  /** Deletes the user with tasks, tokens, mails and links. */
  delete(userId: number, { actor }: ActorOptions): void {
    this.#delete.run(userId);
    this.#changes.insert(userDeleted(userId), actor);
  }

  /** Deletes the user for everyone, but leaves the tasks to be purged: see `Purge`. */
  mark(userId: number, { actor }: ActorOptions): void {
    this.#mark.run(userId);
    this.#identities.delete(userId);
    this.#deleteTokens.run(userId);
    this.#deleteMails.run(userId);
    this.#deleteLinks.run(userId);
    this.#changes.insert(userDeleted(userId), actor);
  }

  /** A deleted user who is still to be purged. */
  marked(): number | undefined {
    return this.#selectMarked.get()?.[0] as number | undefined;
  }

  /** Removes a marked user in the end. */
  removeMarked(userId: number): void {
    this.#delete.run(userId);
  }
}
