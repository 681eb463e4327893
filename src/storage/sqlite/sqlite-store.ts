import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import {
  EmailTaken,
  type NewToken,
  type NewUser,
  NoSuchUser,
  type Scope,
  type Store,
  type Token,
  type User,
} from '../store.ts';
import { Checkpointer } from './checkpointer.ts';
import { openDatabase } from './database.ts';
import { isForeignKeyViolation, translateError, translateOpenError } from './errors.ts';
import { migrate } from './migrate.ts';
import { WriteQueue, type WriteQueueOptions } from './write-queue.ts';

export interface SqliteStoreOptions extends Partial<WriteQueueOptions> {
  /** Path of the database file. It and its folder are created when they do not exist. */
  file: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

const DEFAULTS: WriteQueueOptions = { maxWaiting: 8192, maxGroup: 256, lockTimeout: 5000 };

/**
 * Opens the file, creates it when there is none, and brings it to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, when the file cannot be used.
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const db = openDatabase(options.file);
  try {
    migrate(db);
    // From here on a lock must not be waited for inside SQLite: that would hold the event loop.
    db.exec('PRAGMA busy_timeout = 0');
    return new SqliteStore(db, options);
  } catch (error) {
    db.close();
    throw translateOpenError(error, options.file);
  }
}

/** Users and tokens in one SQLite file. Statements are synchronous and short; writes go through the write queue. */
export class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #clock: () => number;
  readonly #checkpointer: Checkpointer;
  readonly #writes: WriteQueue;
  readonly #insertUser: StatementSync;
  readonly #selectUser: StatementSync;
  readonly #insertToken: StatementSync;
  readonly #selectToken: StatementSync;
  readonly #selectTokens: StatementSync;
  readonly #updateRevokedAt: StatementSync;
  readonly #selectOne: StatementSync;

  constructor(db: DatabaseSync, options: SqliteStoreOptions) {
    this.#db = db;
    this.#clock = options.clock;
    this.#checkpointer = new Checkpointer(db, options.file);
    const afterGroup = () => this.#checkpointer.startIfDue();
    this.#writes = new WriteQueue(db, { ...DEFAULTS, ...options, afterGroup });
    this.#insertUser = prepare(
      db,
      `INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (contact_email_key) DO NOTHING`,
    );
    this.#selectUser = prepare(db, 'SELECT user_id, first_name, last_name, contact_email FROM users WHERE user_id = ?');
    this.#insertToken = prepare(
      db,
      `INSERT INTO tokens (name, secret_hash, scopes, plan, user_id, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING token_id`,
    );
    const tokenColumns = 'token_id, name, secret_hash, scopes, plan, user_id, created_at, expires_at, revoked_at';
    this.#selectToken = prepare(db, `SELECT ${tokenColumns} FROM tokens WHERE token_id = ?`);
    this.#selectTokens = prepare(db, `SELECT ${tokenColumns} FROM tokens ORDER BY token_id`);
    this.#updateRevokedAt = prepare(
      db,
      'UPDATE tokens SET revoked_at = ? WHERE token_id = ? AND revoked_at IS NULL RETURNING token_id',
    );
    // One that reads a page: a mere SELECT 1 would not notice a damaged file.
    this.#selectOne = prepare(db, 'SELECT 1 FROM users LIMIT 1');
  }

  createUser(user: NewUser): Promise<User | typeof EmailTaken> {
    const { firstName, lastName, contactEmail, contactEmailKey } = user;
    return this.#writes.run(() => {
      const now = this.#clock();
      // Not RETURNING, for which SQLite fills a temporary table.
      const { changes, lastInsertRowid } = this.#insertUser.run(
        firstName,
        lastName,
        contactEmail,
        contactEmailKey,
        now,
      );
      return changes === 0 ? EmailTaken : { userId: Number(lastInsertRowid), firstName, lastName, contactEmail };
    });
  }

  getUser(userId: number): Promise<User | undefined> {
    return this.#read(() => {
      const row = this.#row(this.#selectUser.get(userId));
      if (row === undefined) return undefined;
      const [id, firstName, lastName, contactEmail] = row as [number, string, string, string];
      return { userId: id, firstName, lastName, contactEmail };
    });
  }

  createToken(token: NewToken): Promise<Token | typeof NoSuchUser> {
    return this.#writes.run(() => {
      try {
        const { name, secretHash, scopes, plan, userId, createdAt, expiresAt } = token;
        const row = this.#row(
          this.#insertToken.get(name, secretHash, scopes.join(' '), plan, userId, createdAt, expiresAt),
        );
        return { ...token, tokenId: row?.[0] as number, revokedAt: null };
      } catch (error) {
        if (isForeignKeyViolation(error)) return NoSuchUser;
        throw error;
      }
    });
  }

  getToken(tokenId: number): Promise<Token | undefined> {
    return this.#read(() => {
      const row = this.#row(this.#selectToken.get(tokenId));
      return row === undefined ? undefined : toToken(row);
    });
  }

  listTokens(): Promise<Token[]> {
    return this.#read(() => (this.#selectTokens.all() as unknown as Row[]).map(toToken));
  }

  revokeToken(tokenId: number, at: number): Promise<boolean> {
    return this.#writes.run(() => this.#updateRevokedAt.get(at, tokenId) !== undefined);
  }

  ping(): Promise<void> {
    return this.#read(() => {
      this.#selectOne.get();
    });
  }

  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#checkpointer.close();
    // The log goes into the file, so that a copy of the one file is a whole copy.
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }

  /** node:sqlite types rows as objects; the statements here return arrays, which cost less. */
  #row(row: unknown): Row | undefined {
    return row as Row | undefined;
  }

  #read<T>(read: () => T): Promise<T> {
    try {
      return Promise.resolve(read());
    } catch (error) {
      return Promise.reject(translateError(error));
    }
  }
}

type Row = SQLOutputValue[];

function prepare(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function toToken(row: Row): Token {
  const [tokenId, name, secretHash, scopes, plan, userId, createdAt, expiresAt, revokedAt] = row as [
    number,
    string,
    Uint8Array,
    string,
    string,
    number | null,
    number,
    number | null,
    number | null,
  ];
  const scopeList = scopes.split(' ') as Scope[];
  return { tokenId, name, secretHash, scopes: scopeList, plan, userId, createdAt, expiresAt, revokedAt };
}
