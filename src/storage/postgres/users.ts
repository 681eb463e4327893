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
import { BatchSlots } from '../sql/batch-slots.ts';
import { restoreItem, USER_VALUES_BEFORE_ID, userDeleted, userUpdated, userValuesAfterId } from '../sql/change-rows.ts';
import { columnList, columnValues } from '../sql/columns.ts';
import type { Inserted } from '../sql/inserted.ts';
import type { ListTable } from '../sql/list-sql.ts';
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
import { eraseResponses } from './attempts.ts';
import { BATCH_OPTIONS, type BatchedRepositoryDependencies, Batches } from './batches.ts';
import { eraseValues, insertChange } from './changes.ts';
import { arrayParameters, assignments, columnArrays } from './column-arrays.ts';
import { createBatch, MAX_BATCHES } from './created-batches.ts';
import type { Database, Queryable } from './database.ts';
import { isUniqueViolation } from './errors.ts';
import { insertIdempotently, type WithIdempotencyKey } from './idempotency-keys.ts';
import { changeAddress } from './identities.ts';
import type { Lists } from './lists.ts';
import { deleteWords, foundBy, replaceWords, toVector } from './search.ts';
import { deleteVersioned, updateVersioned } from './versioned.ts';

const NEW_COLUMNS = columnList(NEW_USER_FIELDS);

/**
 * Of several users with one address, inserts the first, unless another user has the address. Sorted by address: two
 * batches that lock the same addresses in opposite order would deadlock. Ids and entries of the change log are in the order
 * of the input.
 */
const INSERT = `
  WITH input AS MATERIALIZED (
    SELECT nextval('users_user_id_seq') AS user_id, input.*
      FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], ${arrayParameters(NEW_USER_FIELDS, 6)}) WITH ORDINALITY
      AS input (actor, traceparent, values_after_id, words, ${NEW_COLUMNS}, ordinal)
  ), first AS (
    SELECT DISTINCT ON (contact_email_key COLLATE "C") * FROM input ORDER BY contact_email_key COLLATE "C", ordinal
  ), inserted AS (
    INSERT INTO users (user_id, ${NEW_COLUMNS}, created_at, updated_at)
      SELECT user_id, ${NEW_COLUMNS}, $1, $1 FROM first
      ORDER BY contact_email_key COLLATE "C"
      ON CONFLICT (contact_email_key) DO NOTHING
      RETURNING user_id
  ), found AS (
    INSERT INTO user_search (user_id, words) SELECT user_id, ${toVector('words')} FROM inserted JOIN input USING (user_id)
  ), logged AS (
    INSERT INTO changes (at, type, actor, traceparent, user_id, new_values)
      SELECT $1, 'user.created', actor, traceparent, user_id, '${USER_VALUES_BEFORE_ID}' || user_id || values_after_id
      FROM inserted JOIN input USING (user_id) ORDER BY ordinal
      RETURNING sequence, user_id
  )
  SELECT ordinal::integer, user_id, sequence FROM logged JOIN input USING (user_id)`;

/** Parameters: the id, the time, the key of a new address or NULL, the version, and the columns. */
const UPDATE = `UPDATE users SET ${assignments(CHANGED_USER_FIELDS, 5)}, updated_at = $2,
  contact_email_key = coalesce($3, contact_email_key), version = $4 WHERE user_id = $1`;

/** Deletes the tasks of a user, with their words. The user is locked, so no task is added meanwhile. */
const DELETE_TASKS = `
  WITH deleted AS (DELETE FROM tasks WHERE user_id = $1 RETURNING task_id)
  DELETE FROM task_search USING deleted WHERE task_search.task_id = deleted.task_id`;

/** A user to insert, and who does it. */
export interface UserInput {
  user: NewUser;
  origin: ActorOptions;
}

/** Deleting a user with a million tasks takes half a minute, which is longer than the default timeout. */
const DELETION = { statementTimeoutMs: 120_000 };

/** The list of users. */
export const USERS: ListTable<UserFilter, UserSortField> = {
  ...USER_LIST,
  filters: { ...USER_LIST.filters, search: foundBy(USER_SEARCH) },
  visible: 'true',
};

export class PostgresUserRepository implements UserRepository {
  readonly #db: Database;
  readonly #lists: Lists;
  readonly #clock: () => number;
  readonly #slots = new BatchSlots(MAX_BATCHES);
  readonly #inserts: Batches<UserInput, Inserted<User> | typeof EmailTaken>;
  /** Separate from the others, because a request may have to wait for another one with the same idempotency key. */
  readonly #idempotentInserts: Batches<
    WithIdempotencyKey<UserInput>,
    Created<User> | typeof EmailTaken | typeof KeyReused
  >;

  constructor(db: Database, { lists, clock, commits }: BatchedRepositoryDependencies) {
    this.#db = db;
    this.#lists = lists;
    this.#clock = clock;
    const batchOptions = { ...BATCH_OPTIONS, commits };
    const insert = (client: Queryable, inputs: UserInput[]) => insertUsers(client, inputs, clock());
    const writing: Queryable = { query: (statement) => db.write(statement) };
    this.#inserts = new Batches((inputs) => insert(writing, inputs), batchOptions);
    this.#idempotentInserts = new Batches(
      (inputs) => insertIdempotently(db, inputs, clock(), insert, (_, change) => restoreItem<User>(change)),
      batchOptions,
    );
  }

  create(
    user: NewUser,
    { idempotencyKey, ...origin }: CreateOptions,
  ): Promise<Created<User> | typeof EmailTaken | typeof KeyReused> {
    const input = { user, origin };
    return idempotencyKey === undefined
      ? this.#inserts.add(input)
      : this.#idempotentInserts.add({ input, idempotencyKey });
  }

  createBatch(users: readonly NewUser[], options: CreateBatchOptions): Promise<CreatedBatch<User> | typeof KeyReused> {
    const now = this.#clock();
    const inputs = users.map((user) => ({ user, origin: options }));
    return this.#slots.run(() =>
      createBatch<User>(this.#db, options, now, (client) => insertUsers(client, inputs, now)),
    );
  }

  async get(userId: number): Promise<User | undefined> {
    const text = `SELECT ${USER_COLUMNS} FROM users WHERE user_id = $1`;
    const [row] = await this.#db.query({ name: 'select_user', text, values: [userId] });
    return row === undefined ? undefined : toUser(row);
  }

  list(query: UserQuery): Promise<Page<User>> {
    return this.#lists.read(USERS, toUser, query);
  }

  stream(query: UserQuery, signal: AbortSignal): ListStream {
    return this.#lists.stream('users', USERS, query, signal);
  }

  async update(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined> {
    const now = this.#clock();
    try {
      return await this.#db.transaction(async (client) =>
        updateVersioned(await lockUser(client, userId), options, {
          change: (user) => changeUser(user, changes),
          write: async (changed, user) => {
            const { contactEmailKey } = changes;
            if (contactEmailKey !== undefined) {
              await changeAddress(client, userId, contactEmailKey, options.byUser ?? false);
            }
            await client.query({
              text: UPDATE,
              values: [
                userId,
                now,
                contactEmailKey ?? null,
                changed.version,
                ...columnValues(CHANGED_USER_FIELDS, changed),
              ],
            });
            await replaceWords(client, USER_SEARCH, [
              { id: userId, before: userWords(user), after: userWords(changed) },
            ]);
            if (changed.contactEmail !== user.contactEmail) await deleteLinks(client, userId);
          },
          log: (before, after) => insertChange(client, userUpdated(before, after), options, now),
        }),
      );
    } catch (error) {
      if (isUniqueViolation(error)) return EmailTaken;
      throw error;
    }
  }

  delete(userId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch> {
    return this.#db.transaction(
      async (client) =>
        deleteVersioned(await lockUser(client, userId), options, async () => {
          await client.query({ name: 'delete_tasks_of_user', text: DELETE_TASKS, values: [userId] });
          await deleteWords(client, USER_SEARCH, [userId]);
          await client.query({ name: 'delete_user', text: 'DELETE FROM users WHERE user_id = $1', values: [userId] });
          // After the DELETE, which waits for concurrent changes to the user's data, so that these are erased, too.
          await eraseValues(client, userId);
          await eraseResponses(client, userId);
          await insertChange(client, userDeleted(userId), options, this.#clock());
        }),
      DELETION,
    );
  }

  /** Fulfilled when no write is queued or in flight. */
  async idle(): Promise<void> {
    await Promise.all([this.#slots.idle(), this.#inserts.idle(), this.#idempotentInserts.idle()]);
  }
}

/** Inserts users. The outcome of one whose address another user has is EmailTaken. */
export async function insertUsers(
  db: Queryable,
  inputs: readonly UserInput[],
  now: number,
): Promise<(Inserted<User> | typeof EmailTaken)[]> {
  const users = inputs.map(({ user }) => user);
  const rows = await db.query({
    name: 'insert_users',
    text: INSERT,
    values: [
      now,
      inputs.map(({ origin }) => origin.actor),
      inputs.map(({ origin }) => origin.traceparent),
      users.map(userValuesAfterId),
      users.map(userWords),
      ...columnArrays(NEW_USER_FIELDS, users),
    ],
  });
  const outcomes: (Inserted<User> | typeof EmailTaken)[] = inputs.map(() => EmailTaken);
  for (const [ordinal, userId, sequence] of rows as [number, number, number][]) {
    const item = insertedUser(userId, (inputs[ordinal - 1] as UserInput).user);
    outcomes[ordinal - 1] = { item, replayed: false, sequence };
  }
  return outcomes;
}

/** A confirmation, or a link already sent, is for the old address. */
async function deleteLinks(client: Queryable, userId: number): Promise<void> {
  const text = 'DELETE FROM email_confirmations WHERE user_id = $1';
  await client.query({ name: 'delete_links', text, values: [userId] });
}

/** The user, locked against other changes until the transaction ends. */
export async function lockUser(client: Queryable, userId: number): Promise<User | undefined> {
  const text = `SELECT ${USER_COLUMNS} FROM users WHERE user_id = $1 FOR UPDATE`;
  const [row] = await client.query({ name: 'lock_user', text, values: [userId] });
  return row === undefined ? undefined : toUser(row);
}
