import type { DatabaseSync } from 'node:sqlite';
import type {
  EmailTaken,
  NewTask,
  NewToken,
  NewUser,
  NoSuchUser,
  Page,
  Store,
  Task,
  TaskChanges,
  TaskQuery,
  Token,
  User,
  UserChanges,
  UserQuery,
} from '../store.ts';
import { Checkpointer } from './checkpointer.ts';
import { openDatabase } from './database.ts';
import { translateError, translateOpenError } from './errors.ts';
import { ListReader } from './list-reader.ts';
import { isCheap, type ListRequest, Lists } from './lists.ts';
import { migrate } from './migrate.ts';
import { Purger } from './purger.ts';
import { prepare, type RowStatement } from './rows.ts';
import { TaskTable } from './task-table.ts';
import { TokenTable } from './token-table.ts';
import { UserTable } from './user-table.ts';
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

/**
 * Everything in one SQLite file. Statements are synchronous and short; writes go through the write queue, and lists that
 * could take long to another thread.
 */
export class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #checkpointer: Checkpointer;
  readonly #writes: WriteQueue;
  readonly #purger: Purger;
  readonly #lists: Lists;
  readonly #listReader: ListReader;
  readonly #users: UserTable;
  readonly #tasks: TaskTable;
  readonly #tokens: TokenTable;
  readonly #selectOne: RowStatement;

  constructor(db: DatabaseSync, options: SqliteStoreOptions) {
    this.#db = db;
    this.#checkpointer = new Checkpointer(db, options.file);
    const afterGroup = () => this.#checkpointer.startIfDue();
    this.#writes = new WriteQueue(db, { ...DEFAULTS, ...options, afterGroup });
    this.#lists = new Lists(db);
    this.#listReader = new ListReader(options.file);
    this.#users = new UserTable(db, options.clock);
    this.#tasks = new TaskTable(db, options.clock);
    this.#tokens = new TokenTable(db);
    // One that reads a page: a mere SELECT 1 would not notice a damaged file.
    this.#selectOne = prepare(db, 'SELECT 1 FROM users LIMIT 1');
    this.#purger = new Purger(() => this.#writes.run(() => this.#users.purge()));
    // A process that ended before may have left something to purge.
    if (this.#users.hasMarked()) this.#purger.start();
  }

  createUser(user: NewUser): Promise<User | typeof EmailTaken> {
    return this.#writes.run(() => this.#users.insert(user));
  }

  getUser(userId: number): Promise<User | undefined> {
    return this.#read(() => this.#users.get(userId));
  }

  listUsers(query: UserQuery): Promise<Page<User>> {
    return this.#list({ list: 'users', query }) as Promise<Page<User>>;
  }

  updateUser(userId: number, changes: UserChanges): Promise<User | typeof EmailTaken | undefined> {
    return this.#writes.run(() => this.#users.update(userId, changes));
  }

  async deleteUser(userId: number): Promise<boolean> {
    const deleted = await this.#writes.run(() => this.#users.delete(userId));
    if (deleted) this.#purger.start();
    return deleted;
  }

  createTask(task: NewTask): Promise<Task | typeof NoSuchUser> {
    return this.#writes.run(() => this.#tasks.insert(task));
  }

  getTask(taskId: number): Promise<Task | undefined> {
    return this.#read(() => this.#tasks.get(taskId));
  }

  listTasks(query: TaskQuery): Promise<Page<Task>> {
    return this.#list({ list: 'tasks', query }) as Promise<Page<Task>>;
  }

  updateTask(taskId: number, changes: TaskChanges): Promise<Task | typeof NoSuchUser | undefined> {
    return this.#writes.run(() => this.#tasks.update(taskId, changes));
  }

  deleteTask(taskId: number): Promise<boolean> {
    return this.#writes.run(() => this.#tasks.delete(taskId));
  }

  createToken(token: NewToken): Promise<Token | typeof NoSuchUser> {
    return this.#writes.run(() => this.#tokens.insert(token));
  }

  getToken(tokenId: number): Promise<Token | undefined> {
    return this.#read(() => this.#tokens.get(tokenId));
  }

  listTokens(): Promise<Token[]> {
    return this.#read(() => this.#tokens.list());
  }

  revokeToken(tokenId: number, at: number): Promise<boolean> {
    return this.#writes.run(() => this.#tokens.revoke(tokenId, at));
  }

  ping(): Promise<void> {
    return this.#read(() => {
      this.#selectOne.get();
    });
  }

  async close(): Promise<void> {
    this.#purger.stop();
    await this.#writes.idle();
    await Promise.all([this.#checkpointer.close(), this.#listReader.close()]);
    // The log goes into the file, so that a copy of the one file is a whole copy.
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }

  async #list(request: ListRequest): Promise<Page<User | Task>> {
    // Tasks that wait to be purged may have to be passed over, any number of them.
    const cheap = isCheap(request) && (await this.#read(() => !this.#users.hasMarked()));
    return cheap ? this.#read(() => this.#lists.read(request)) : this.#listReader.read(request);
  }

  #read<T>(read: () => T): Promise<T> {
    try {
      return Promise.resolve(read());
    } catch (error) {
      return Promise.reject(translateError(error));
    }
  }
}
