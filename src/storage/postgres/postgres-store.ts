import type { ListTable } from '../list-sql.ts';
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
  TaskFilter,
  TaskQuery,
  TaskSortField,
  Token,
  User,
  UserChanges,
  UserFilter,
  UserQuery,
  UserSortField,
} from '../store.ts';
import { TASK_LIST, toTask } from '../task-rows.ts';
import { toUser, USER_LIST } from '../user-rows.ts';
import { Batches } from './batches.ts';
import { Database } from './database.ts';
import { readPage } from './lists.ts';
import { migrate } from './migrate.ts';
import { deleteTask, insertTasks, selectTask, updateTask } from './tasks.ts';
import { insertToken, revokeToken, selectToken, selectTokens } from './tokens.ts';
import { deleteUser, insertUsers, selectUser, updateUser } from './users.ts';

export interface PostgresStoreOptions {
  /** As `postgres://user:password@host:port/database`. */
  url: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** Told of connections that fail while nobody uses them. */
  onError: (error: Error) => void;
}

const BATCHES = { maxWaiting: 8192, maxBatch: 256, maxUnderWay: 2 };

const USERS: ListTable<UserFilter, UserSortField> = { ...USER_LIST, visible: 'true' };
const TASKS: ListTable<TaskFilter, TaskSortField> = { ...TASK_LIST, visible: 'true' };

/**
 * Connects, and brings the database to the newest version.
 *
 * @throws StoreUnusable, with a message for the operator, when the database cannot be reached or used.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  await migrate(options.url);
  return new PostgresStore(options);
}

/** Everything in a PostgreSQL database, which any number of processes may share. */
export class PostgresStore implements Store {
  readonly #db: Database;
  readonly #clock: () => number;
  readonly #newUsers: Batches<NewUser, User | typeof EmailTaken>;
  readonly #newTasks: Batches<NewTask, Task | typeof NoSuchUser>;

  constructor({ url, clock, onError }: PostgresStoreOptions) {
    this.#db = new Database(url, onError);
    this.#clock = clock;
    this.#newUsers = new Batches((users) => insertUsers(this.#db, users, this.#clock()), BATCHES);
    this.#newTasks = new Batches((tasks) => insertTasks(this.#db, tasks, this.#clock()), BATCHES);
  }

  createUser(user: NewUser): Promise<User | typeof EmailTaken> {
    return this.#newUsers.add(user);
  }

  getUser(userId: number): Promise<User | undefined> {
    return selectUser(this.#db, userId);
  }

  listUsers(query: UserQuery): Promise<Page<User>> {
    return readPage(this.#db, USERS, toUser, query);
  }

  updateUser(userId: number, changes: UserChanges): Promise<User | typeof EmailTaken | undefined> {
    return updateUser(this.#db, userId, changes, this.#clock());
  }

  deleteUser(userId: number): Promise<boolean> {
    return deleteUser(this.#db, userId);
  }

  createTask(task: NewTask): Promise<Task | typeof NoSuchUser> {
    return this.#newTasks.add(task);
  }

  getTask(taskId: number): Promise<Task | undefined> {
    return selectTask(this.#db, taskId);
  }

  listTasks(query: TaskQuery): Promise<Page<Task>> {
    return readPage(this.#db, TASKS, toTask, query);
  }

  updateTask(taskId: number, changes: TaskChanges): Promise<Task | typeof NoSuchUser | undefined> {
    return updateTask(this.#db, taskId, changes, this.#clock());
  }

  deleteTask(taskId: number): Promise<boolean> {
    return deleteTask(this.#db, taskId);
  }

  createToken(token: NewToken): Promise<Token | typeof NoSuchUser> {
    return insertToken(this.#db, token);
  }

  getToken(tokenId: number): Promise<Token | undefined> {
    return selectToken(this.#db, tokenId);
  }

  listTokens(): Promise<Token[]> {
    return selectTokens(this.#db);
  }

  revokeToken(tokenId: number, at: number): Promise<boolean> {
    return revokeToken(this.#db, tokenId, at);
  }

  async ping(): Promise<void> {
    await this.#db.query({ text: 'SELECT 1 FROM users LIMIT 1' });
  }

  async close(): Promise<void> {
    await Promise.all([this.#newUsers.idle(), this.#newTasks.idle()]);
    await this.#db.close();
  }
}
