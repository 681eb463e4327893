import type { CreateBatchOptions, CreatedBatch } from '../../domain/batches.ts';
import type { ListStream, Page } from '../../domain/lists.ts';
import type {
  ActorOptions,
  ChangeOptions,
  Created,
  CreateOptions,
  KeyReused,
  VersionMismatch,
} from '../../domain/outcomes.ts';
import {
  EmailTaken,
  type NewUser,
  type User,
  type UserChangeOptions,
  type UserChanges,
  type UserFilter,
  type UserQuery,
  type UserRepository,
  type UserSortField,
} from '../../domain/users.ts';
import { restoreItem, userCreated, userDeleted, userUpdated } from '../sql/change-rows.ts';
import { columnList, columnValues } from '../sql/columns.ts';
import type { Inserted } from '../sql/inserted.ts';
import { USER_SEARCH, userWords } from '../sql/search-words.ts';
import {
  CHANGED_USER_FIELDS,
  changeUser,
  insertedUser,
  NEW_USER_FIELDS,
  toUser,
  USER_COLUMNS,
  USER_LIST,
} from '../sql/user-rows.ts';
import { ADDRESS_PARTITIONS } from './address-order.ts';
import type { Batches } from './batch-requests.ts';
import type { ChangeRows } from './changes.ts';
import type { IdempotencyKeyRows } from './idempotency-keys.ts';
import type { IdentityRows } from './identities.ts';
import type { ListReader } from './lists.ts';
import type { List } from './page-reader.ts';
import { assignments, parameters, prepare, type RowStatement } from './rows.ts';
import { foundBy } from './search.ts';
import { SearchIndex } from './search-index.ts';
import type { Connection, Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';
import { updateVersioned } from './versioned.ts';
import { SOFT_DELETED_USER } from './visibility.ts';

/** A user with more tasks than this is soft-deleted and purged in steps: one transaction would take too long. */
export const MAX_TASKS_PER_DELETION = 16;

/** The list of users. */
export const USERS: List<User, UserFilter, UserSortField> = {
  table: {
    ...USER_LIST,
    filters: { ...USER_LIST.filters, search: foundBy(USER_SEARCH) },
    visible: 'deleted = 0',
    partitions: { contactEmail: ADDRESS_PARTITIONS },
  },
  toItem: toUser,
  updateIndex: 'users_by_update',
  lookupFilters: ['userIds', 'contactEmailKey'],
};

/** The rows of users. Call what writes in a transaction. */
export class UserRows {
  readonly #changes: ChangeRows;
  readonly #identities: IdentityRows;
  readonly #clock: () => number;
  readonly #words: SearchIndex;
  readonly #insert: RowStatement;
  readonly #select: RowStatement;
  readonly #update: RowStatement;
  readonly #selectTasks: RowStatement;
  readonly #delete: RowStatement;
  readonly #softDelete: RowStatement;
  readonly #deleteTokens: RowStatement;
  readonly #deleteEmails: RowStatement;
  readonly #deleteLinks: RowStatement;
  readonly #selectSoftDeleted: RowStatement;

  constructor({ db, clock }: Connection, changes: ChangeRows, identities: IdentityRows) {
    this.#changes = changes;
    this.#identities = identities;
    this.#clock = clock;
    this.#words = new SearchIndex(db, USER_SEARCH);
    this.#insert = prepare(
      db,
      `INSERT INTO users (${columnList(NEW_USER_FIELDS)}, created_at, updated_at)
       VALUES (${parameters(NEW_USER_FIELDS)}, ?, ?) ON CONFLICT (contact_email_key) DO NOTHING`,
    );
    this.#select = prepare(db, `SELECT ${USER_COLUMNS} FROM users WHERE user_id = ? AND deleted = 0`);
    this.#update = prepare(
      db,
      `UPDATE OR IGNORE users SET ${assignments(CHANGED_USER_FIELDS)},
       contact_email_key = coalesce(?, contact_email_key), version = ?, updated_at = ? WHERE user_id = ?`,
    );
    this.#selectTasks = prepare(db, 'SELECT 1 FROM tasks WHERE user_id = ? LIMIT ?');
    this.#delete = prepare(db, 'DELETE FROM users WHERE user_id = ?');
    // The id cannot equal another user's key: a key contains an @.
    this.#softDelete = prepare(
      db,
      `UPDATE users SET deleted = 1, first_name = '', last_name = '', contact_email = '', contact_email_key = user_id
       WHERE user_id = ?`,
    );
    this.#deleteTokens = prepare(db, 'DELETE FROM tokens WHERE user_id = ?');
    this.#deleteEmails = prepare(db, 'DELETE FROM emails WHERE user_id = ?');
    this.#deleteLinks = prepare(db, 'DELETE FROM email_confirmations WHERE user_id = ?');
    this.#selectSoftDeleted = prepare(db, SOFT_DELETED_USER);
  }

  /** @param words those of the user, if they are known already. */
  insert(user: NewUser, options: ActorOptions, words = userWords(user)): Inserted<User> | typeof EmailTaken {
    const now = this.#clock();
    // Without RETURNING, for which SQLite fills a temporary table.
    const { changes, lastInsertRowid } = this.#insert.run(...columnValues(NEW_USER_FIELDS, user), now, now);
    if (changes === 0) return EmailTaken;
    const item = insertedUser(Number(lastInsertRowid), user);
    this.#words.add(item.userId, words);
    return { item, replayed: false, sequence: this.#changes.insert(userCreated(item), options) };
  }

  get(userId: number): User | undefined {
    const row = this.#select.get(userId);
    return row === undefined ? undefined : toUser(row);
  }

  update(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): User | typeof EmailTaken | typeof VersionMismatch | undefined {
    return updateVersioned<User, typeof EmailTaken>(this.get(userId), options, {
      change: (user) => changeUser(user, changes),
      write: (changed, user) => {
        const { contactEmail, version } = changed;
        const key = changes.contactEmailKey ?? null;
        const oldKey = key === null ? null : this.#identities.addressKey(userId);
        const values = [...columnValues(CHANGED_USER_FIELDS, changed), key, version, this.#clock(), userId];
        // No row changes only if the unique index rejects the address.
        if (this.#update.run(...values).changes === 0) return EmailTaken;
        this.#words.replace(userId, userWords(user), userWords(changed));
        // A confirmation, or a link already sent, is for the old address.
        if (contactEmail !== user.contactEmail) this.#deleteLinks.run(userId);
        if (key !== oldKey) this.#identities.addressChanged(userId, options.byUser ?? false);
        return undefined;
      },
      log: (before, after) => this.#changes.insert(userUpdated(before, after), options),
    });
  }

  /** Whether the user has more than {@link MAX_TASKS_PER_DELETION} tasks. */
  hasManyTasks(userId: number): boolean {
    return this.#selectTasks.all(userId, MAX_TASKS_PER_DELETION + 1).length > MAX_TASKS_PER_DELETION;
  }

  /** Deletes the user with tokens, emails and links. The words of the user's tasks remain: delete the tasks first. */
  delete(user: User, options: ActorOptions): void {
    const { userId } = user;
    this.#delete.run(userId);
    this.#words.remove(userId, userWords(user));
    this.#changes.insert(userDeleted(userId), options);
  }

  /** Hides the user from every client and leaves the tasks to be purged: see `user-deletion.ts`. */
  softDelete(user: User, options: ActorOptions): void {
    const { userId } = user;
    this.#softDelete.run(userId);
    this.#words.remove(userId, userWords(user));
    this.#identities.delete(userId);
    this.#deleteTokens.run(userId);
    this.#deleteEmails.run(userId);
    this.#deleteLinks.run(userId);
    this.#changes.insert(userDeleted(userId), options);
  }

  /** A soft-deleted user who is still to be purged, or undefined. */
  softDeleted(): number | undefined {
    return this.#selectSoftDeleted.get()?.[0] as number | undefined;
  }

  /** Removes the row of a soft-deleted user, after everything else. */
  purge(userId: number): void {
    this.#delete.run(userId);
  }
}

export interface SqliteUserRepositoryDependencies {
  userRows: OnBoth<UserRows>;
  lists: ListReader;
  keys: IdempotencyKeyRows;
  batches: Batches;
  /** Deletes a user with all their data. Called in a transaction. */
  deleteUser: (userId: number, options: ChangeOptions) => boolean | typeof VersionMismatch;
  /** Starts purging soft-deleted users. */
  startPurge: () => void;
}

export class SqliteUserRepository implements UserRepository {
  readonly #session: Session;
  readonly #dependencies: SqliteUserRepositoryDependencies;

  constructor(session: Session, dependencies: SqliteUserRepositoryDependencies) {
    this.#session = session;
    this.#dependencies = dependencies;
  }

  create(user: NewUser, options: CreateOptions): Promise<Created<User> | typeof EmailTaken | typeof KeyReused> {
    const { userRows, keys } = this.#dependencies;
    const insert = () => userRows.writing.insert(user, options);
    return this.#session.write(() => keys.insertIdempotently(options.idempotencyKey, insert, restoreItem<User>));
  }

  createBatch(users: readonly NewUser[], options: CreateBatchOptions): Promise<CreatedBatch<User> | typeof KeyReused> {
    return this.#dependencies.batches.create<User>({ kind: 'createUsers', users, options });
  }

  get(userId: number): Promise<User | undefined> {
    return this.#session.read(this.#dependencies.userRows, (rows) => rows.get(userId));
  }

  list(query: UserQuery): Promise<Page<User>> {
    return this.#dependencies.lists.read(USERS, query);
  }

  stream(query: UserQuery, signal: AbortSignal): ListStream {
    return this.#dependencies.lists.stream('users', USERS, query, signal);
  }

  update(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined> {
    return this.#session.write(() => this.#dependencies.userRows.writing.update(userId, changes, options));
  }

  async delete(userId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    const outcome = await this.#session.write(() => this.#dependencies.deleteUser(userId, options));
    if (outcome === true) this.#dependencies.startPurge();
    return outcome;
  }
}
