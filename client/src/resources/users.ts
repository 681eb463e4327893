import type { Http } from '../http.ts';
import { get, type IfChanged, List, type Page } from '../lists.ts';
import type { ChangeOptions, CreateOptions, Lenient, PageOptions, ReadOptions, RequestOptions } from '../options.ts';
import type { ApiPromise } from '../response.ts';
import type { EmailConfirmation, ListUsersQuery, NewUser, User, UserChanges, UserResult } from '../types.ts';
import { create, createBatch, postOnce, remove, update } from '../writes.ts';

/** `api.users` */
export class Users {
  readonly #http: Http;
  readonly #list: List<User, ListUsersQuery>;

  constructor(http: Http) {
    this.#http = http;
    this.#list = new List(http, '/users', 'users');
  }

  create(user: NewUser, options?: CreateOptions): ApiPromise<User> {
    return create(this.#http, '/users', user, options);
  }

  /** Creates up to 1,000 users: all or, if one is rejected, none. With `lenient`, the others are created. */
  createBatch(users: readonly NewUser[], options: CreateOptions & Lenient): ApiPromise<UserResult[]>;
  createBatch(users: readonly NewUser[], options?: CreateOptions): ApiPromise<User[]>;
  createBatch(
    users: readonly NewUser[],
    options?: CreateOptions & Partial<Lenient>,
  ): ApiPromise<(User | UserResult)[]> {
    return createBatch(this.#http, '/users/batch', { users }, options);
  }

  /** All users, page by page. A user who is created or deleted meanwhile changes no other position. */
  list(query?: Omit<ListUsersQuery, 'page'>, options?: RequestOptions): AsyncGenerator<User, void, undefined> {
    return this.#list.all(query, options);
  }

  listPage<O extends PageOptions>(query?: ListUsersQuery, options?: O): ApiPromise<IfChanged<Page<User>, O>> {
    return this.#list.page(query, options);
  }

  /**
   * All users as of one moment, in one response. If it is cut, the loop ends with a `NetworkError`, and some are missing.
   */
  stream(
    query?: Omit<ListUsersQuery, 'page' | 'perPage' | 'cursor'>,
    options?: RequestOptions,
  ): AsyncGenerator<User, void, undefined> {
    return this.#list.stream(query, options);
  }

  get<O extends ReadOptions>(userId: number, options?: O): ApiPromise<IfChanged<User, O>> {
    return get(this.#http, `/users/${userId}`, options);
  }

  /** Changes these fields of a user. */
  update(userId: number, changes: UserChanges, options?: ChangeOptions): ApiPromise<User> {
    return update(this.#http, `/users/${userId}`, changes, options);
  }

  /** Deletes a user with all tasks and tokens. */
  delete(userId: number, options?: ChangeOptions): ApiPromise<void> {
    return remove(this.#http, `/users/${userId}`, options);
  }

  /** Whether the address is confirmed. The operator can turn this off. */
  getEmailConfirmation<O extends ReadOptions>(
    userId: number,
    options?: O,
  ): ApiPromise<IfChanged<EmailConfirmation, O>> {
    return get(this.#http, `/users/${userId}/email-confirmation`, options);
  }

  /** Sends the confirmation email again. */
  requestEmailConfirmation(userId: number, options?: RequestOptions): ApiPromise<EmailConfirmation> {
    return postOnce(this.#http, `/users/${userId}/email-confirmation`, options);
  }
}
