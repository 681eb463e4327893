import type { ListQuery } from './lists.ts';
import type { ChangeOptions } from './outcomes.ts';

export interface UserChangeOptions extends ChangeOptions {
  /**
   * Whether a token of the user makes the change. A new address then proves nothing: the user belongs to the same subject
   * as before, or from then on to none. Otherwise the user belongs to whatever subject uses the new address first.
   */
  byUser?: boolean | undefined;
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

export interface UserFilter {
  /** Only this user. */
  userId?: number;
  contactEmailKey?: string;
  /** Created or changed at or after this instant, in milliseconds since the epoch. */
  updatedSince?: number;
}

export type UserSortField = 'userId' | 'firstName' | 'lastName' | 'contactEmail';

export type UserQuery = ListQuery<UserFilter, UserSortField>;

/** Another user has this address. */
export const EmailTaken = Symbol('EmailTaken');

/** The user who is referred to does not exist. */
export const NoSuchUser = Symbol('NoSuchUser');
