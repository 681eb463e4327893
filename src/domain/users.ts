import type { CreateBatchOptions, CreatedBatch } from './batches.ts';
import type { ListQuery, ListStream, Page } from './lists.ts';
import type { ChangeOptions, Created, CreateOptions, KeyReused, VersionMismatch } from './outcomes.ts';

export interface User {
  userId: number;
  firstName: string;
  lastName: string;
  /** The address as the client sent it. */
  contactEmail: string;
  /** Increases by one with every change. */
  version: number;
}

export interface NewUser extends Omit<User, 'userId' | 'version'> {
  /** Two addresses with the same key belong to the same user: see `emailKey` in `formats/email-address.ts`. */
  contactEmailKey: string;
}

/** The fields to change. An address comes with its key. */
export type UserChanges = Partial<NewUser>;

export interface UserChangeOptions extends ChangeOptions {
  /**
   * Whether a user token makes the change. A new address then proves nothing: the user stays bound to the same subject,
   * or cannot be bound to one any more. Otherwise the first subject that uses the new address is bound to the user.
   */
  byUser?: boolean | undefined;
}

export interface UserFilter {
  userIds?: number[];
  firstName?: string;
  lastName?: string;
  contactEmailKey?: string;
  /** Created or changed at or after this time, in milliseconds since the epoch. */
  updatedSince?: number;
  /** Words separated by spaces, as `distinctWordsOf` in `formats/words.ts` gives them. Each is the start of a word of name or address. */
  search?: string;
}

export type UserSortField = 'userId' | 'firstName' | 'lastName' | 'contactEmail';

export type UserQuery = ListQuery<UserFilter, UserSortField>;

/** Another user has this address. */
export const EmailTaken = Symbol('EmailTaken');

/** The referenced user does not exist. */
export const NoSuchUser = Symbol('NoSuchUser');

export interface UserRepository {
  /** Creates a user. Ids are never reused. */
  create(user: NewUser, options: CreateOptions): Promise<Created<User> | typeof EmailTaken | typeof KeyReused>;
  /** Creates several users in one transaction, in order. Of several with one address, the first is created. */
  createBatch(users: readonly NewUser[], options: CreateBatchOptions): Promise<CreatedBatch<User> | typeof KeyReused>;
  /** The user with this id, or undefined. */
  get(userId: number): Promise<User | undefined>;
  /** One page of users, read from one snapshot. */
  list(query: UserQuery): Promise<Page<User>>;
  /** All users of a list, read from one snapshot. Ignores `from`, `limit` and `count`. The signal ends the stream. */
  stream(query: UserQuery, signal: AbortSignal): ListStream;
  /**
   * Changes the given fields and returns the whole user, or undefined if there is none. If no value differs, the version
   * stays and the change log gets no entry.
   */
  update(
    userId: number,
    changes: UserChanges,
    options: UserChangeOptions,
  ): Promise<User | typeof EmailTaken | typeof VersionMismatch | undefined>;
  /**
   * Deletes the user with all tasks and tokens, and erases their values from the change log in one step for every
   * client. The address can be used again. False if there is no such user.
   */
  delete(userId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch>;
}
