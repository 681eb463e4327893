import type { DatabaseSync } from 'node:sqlite';
import { EmailTaken, type NewUser, type User, type UserChanges } from '../store.ts';
import { changeUser, toUser, USER_COLUMNS } from '../user-rows.ts';
import { prepare, type RowStatement } from './rows.ts';

/** A user with more tasks than this is marked and the tasks are purged afterwards: one transaction would take too long. */
const FEW_TASKS = 16;
/** How many tasks are purged at once: each is in ten indexes, and most of their pages are read and written for it alone. */
const PURGED_AT_ONCE = 2;

/** The users. Whatever writes must be called inside a transaction. */
export class UserTable {
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #update: RowStatement;
  readonly #selectTasks: RowStatement;
  readonly #delete: RowStatement;
  readonly #mark: RowStatement;
  readonly #deleteTokens: RowStatement;
  readonly #selectMarked: RowStatement;
  readonly #purgeTasks: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, clock: () => number) {
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
    this.#selectMarked = prepare(db, 'SELECT user_id FROM users WHERE deleted = 1 LIMIT 1');
    this.#purgeTasks = prepare(
      db,
      'DELETE FROM tasks WHERE task_id IN (SELECT task_id FROM tasks WHERE user_id = ? LIMIT ?)',
    );
  }

  insert({ firstName, lastName, contactEmail, contactEmailKey }: NewUser): User | typeof EmailTaken {
    // Not RETURNING, for which SQLite fills a temporary table.
    const { changes, lastInsertRowid } = this.#insert.run(
      firstName,
      lastName,
      contactEmail,
      contactEmailKey,
      this.#clock(),
    );
    if (changes === 0) return EmailTaken;
    return { userId: Number(lastInsertRowid), firstName, lastName, contactEmail, version: 1 };
  }

  get(userId: number): User | undefined {
    const row = this.#select.get(userId);
    return row === undefined ? undefined : toUser(row);
  }

  update(userId: number, changes: UserChanges): User | typeof EmailTaken | undefined {
    const user = this.get(userId);
    if (user === undefined) return undefined;
    const changed = changeUser(user, changes);
    if (changed === user) return user;
    const { firstName, lastName, contactEmail, version } = changed;
    const key = changes.contactEmailKey ?? null;
    // No row is changed only where the index refuses the address.
    const { changes: rows } = this.#update.run(firstName, lastName, contactEmail, key, version, this.#clock(), userId);
    return rows === 0 ? EmailTaken : changed;
  }

  /** Deletes the user with tasks and tokens, or marks the user where that would take too long; see {@link purge}. */
  delete(userId: number): boolean {
    if (this.get(userId) === undefined) return false;
    if (this.#selectTasks.all(userId, FEW_TASKS + 1).length <= FEW_TASKS) {
      this.#delete.run(userId);
    } else {
      this.#mark.run(userId);
      this.#deleteTokens.run(userId);
    }
    return true;
  }

  /** Whether a deleted user's tasks are still to be purged. */
  hasMarked(): boolean {
    return this.#selectMarked.get() !== undefined;
  }

  /** Purges some tasks of a marked user, or in the end the user. False when nothing was left to purge. */
  purge(): boolean {
    const userId = this.#selectMarked.get()?.[0] as number | undefined;
    if (userId === undefined) return false;
    if (this.#purgeTasks.run(userId, PURGED_AT_ONCE).changes === 0) this.#delete.run(userId);
    return true;
  }
}
