/**
 * The one door to the database, in the words of the domain. Adapters live beside this file; everything else in the
 * program knows only what is declared here.
 *
 * A promise that is fulfilled after a write means that the write is on disk. Expected refusals are values
 * ({@link EmailTaken}, {@link NoSuchUser}); a database that cannot answer now is the error {@link StoreUnavailable}.
 */
export interface Store {
  /** Creates a user under an id that no user ever had, or refuses an address that another user has. */
  createUser(user: NewUser): Promise<User | typeof EmailTaken>;
  /** The user with this id, or undefined when there is none. */
  getUser(userId: number): Promise<User | undefined>;
  /** One page of users, all from one moment. */
  listUsers(query: UserQuery): Promise<Page<User>>;
  /**
   * Changes what is given and leaves the rest. The whole user afterwards, or undefined when there is none. What changes
   * nothing is no change: the version stays.
   */
  updateUser(userId: number, changes: UserChanges): Promise<User | typeof EmailTaken | undefined>;
  /**
   * Removes the user with all tasks and tokens, for every observer at once. The address is free from then on. False when
   * there is no such user.
   */
  deleteUser(userId: number): Promise<boolean>;

  /** Creates a task under an id that no task ever had. */
  createTask(task: NewTask): Promise<Task | typeof NoSuchUser>;
  /** The task with this id, or undefined when there is none. */
  getTask(taskId: number): Promise<Task | undefined>;
  /** One page of tasks, all from one moment. */
  listTasks(query: TaskQuery): Promise<Page<Task>>;
  /** As {@link updateUser}. `NoSuchUser` when the task is to go to a user who does not exist. */
  updateTask(taskId: number, changes: TaskChanges): Promise<Task | typeof NoSuchUser | undefined>;
  /** False when there is no such task. */
  deleteTask(taskId: number): Promise<boolean>;

  /** Records a token. `NoSuchUser` when it is to be bound to a user who does not exist. */
  createToken(token: NewToken): Promise<Token | typeof NoSuchUser>;
  /** The token with this id, revoked and expired ones included, or undefined when there is none. */
  getToken(tokenId: number): Promise<Token | undefined>;
  /** Every token, revoked and expired ones included, by id. */
  listTokens(): Promise<Token[]>;
  /** Revokes a token at an instant (milliseconds since the epoch). False when no unrevoked token has this id. */
  revokeToken(tokenId: number, at: number): Promise<boolean>;

  /** Fulfilled when the database answers. */
  ping(): Promise<void>;
  /** Waits for the writes under way and closes the database. */
  close(): Promise<void>;
}

export interface User {
  userId: number;
  firstName: string;
  lastName: string;
  /** The address as it was sent. */
  contactEmail: string;
  /** Grows by one with every change. */
  version: number;
}

export interface NewUser extends Omit<User, 'userId' | 'version'> {
  /** What makes two addresses the same user: see `emailKey` in `users/email.ts`. */
  contactEmailKey: string;
}

/** What is to change; an address always together with its key. */
export type UserChanges = Partial<NewUser>;

/** The statuses of a task (contract, section 1). Each may follow each. */
export const TASK_STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export interface Task {
  taskId: number;
  /** The owner. */
  userId: number;
  taskTitle: string;
  taskDescription?: string;
  taskStatus: TaskStatus;
  /** As it was sent, with a zone in any case. */
  dueDate: string;
  /** Minutes before `dueDate`. */
  warningOffset: number;
  /** Grows by one with every change. */
  version: number;
}

export interface NewTask extends Omit<Task, 'taskId' | 'taskDescription' | 'version'> {
  /** Null for none. */
  taskDescription: string | null;
  /** The instant of `dueDate`, in microseconds since the epoch. */
  dueAt: bigint;
}

/** What is to change; a due date always together with its instant. */
export type TaskChanges = Partial<NewTask>;

/** What to list. */
export interface ListQuery<Filter, Field extends string> {
  filter: Filter;
  /** Ends with the resource's id, so that no two rows are in the same place. */
  sort: SortKey<Field>[];
  /** Where the page begins: after so many rows, or after a place of this list, which need not be a row's any more. */
  from: { offset: number } | { after: SortValue[] };
  /** How many rows at most. */
  limit: number;
  /** Whether to count the rows of all pages. */
  count: boolean;
}

export interface SortKey<Field extends string> {
  field: Field;
  descending: boolean;
}

/** What rows are compared by: text by code point, a due date by its instant in microseconds. */
export type SortValue = string | number | bigint;

export interface Page<T> {
  items: T[];
  /** Whether there are rows behind these. */
  more: boolean;
  /** How many rows all pages have, if that was asked. */
  total?: number;
}

export interface UserFilter {
  /** Only this user. */
  userId?: number;
  contactEmailKey?: string;
  /** Created or changed at or after this instant, in milliseconds since the epoch. */
  updatedSince?: number;
}
export type UserSortField = 'userId' | 'firstName' | 'lastName' | 'contactEmail';
export type UserQuery = ListQuery<UserFilter, UserSortField>;

export interface TaskFilter {
  /** The owner. */
  userId?: number;
  taskStatus?: TaskStatus;
  /** As in {@link UserFilter}. */
  updatedSince?: number;
}
export type TaskSortField = 'taskId' | 'userId' | 'taskTitle' | 'taskStatus' | 'dueDate' | 'warningOffset';
export type TaskQuery = ListQuery<TaskFilter, TaskSortField>;

/** What a bearer token may do (contract, section 5). */
export type Scope = 'users:read' | 'users:write' | 'tasks:read' | 'tasks:write' | 'admin';

export interface Token extends NewToken {
  tokenId: number;
  /** When it was revoked, or null while it is not. */
  revokedAt: number | null;
}

/** A token as it is stored. Instants are milliseconds since the epoch. */
export interface NewToken {
  /** What the operator calls it. */
  name: string;
  /** SHA-256 of the secret part; the secret itself is never stored. */
  secretHash: Uint8Array;
  scopes: Scope[];
  /** Which of the configured rate limits applies. */
  plan: string;
  /** The user it is bound to, or null for a service token. */
  userId: number | null;
  createdAt: number;
  /** From when on it is refused, or null for never. */
  expiresAt: number | null;
}

/** Another user has this address. */
export const EmailTaken = Symbol('EmailTaken');

/** The user who is referred to does not exist. */
export const NoSuchUser = Symbol('NoSuchUser');

/** The database cannot answer now: locked, full, away, or too many writes are waiting. Trying again later may help. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The database cannot be used at all: not a database, somebody else's, newer than this program, no permission. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable';
}
