import type { Http } from '../http.ts';
import { get, type IfChanged, List, type Page } from '../lists.ts';
import type { CreateOptions, PageOptions, ReadOptions, RequestOptions } from '../options.ts';
import type { ApiPromise } from '../response.ts';
import type { Caller, IssuedToken, ListTokensQuery, NewToken, RotatedToken, Token } from '../types.ts';
import { create, postOnce, remove } from '../writes.ts';

/** `api.tokens`, for administrators except for `whoami`. */
export class Tokens {
  readonly #http: Http;
  readonly #list: List<Token, ListTokensQuery>;

  constructor(http: Http) {
    this.#http = http;
    this.#list = new List(http, '/tokens', 'tokens');
  }

  /** Issues a token. If `token` is missing in the result, the first response was lost: revoke it, and issue another. */
  create(token: NewToken, options?: CreateOptions): ApiPromise<IssuedToken> {
    return create(this.#http, '/tokens', token, options);
  }

  list(query?: Omit<ListTokensQuery, 'page'>, options?: RequestOptions): AsyncGenerator<Token, void, undefined> {
    return this.#list.all(query, options);
  }

  listPage<O extends PageOptions>(query?: ListTokensQuery, options?: O): ApiPromise<IfChanged<Page<Token>, O>> {
    return this.#list.page(query, options);
  }

  get<O extends ReadOptions>(tokenId: number, options?: O): ApiPromise<IfChanged<Token, O>> {
    return get(this.#http, `/tokens/${tokenId}`, options);
  }

  /** Makes a new secret. The previous token is valid for 24 hours more. */
  rotate(tokenId: number, options?: RequestOptions): ApiPromise<RotatedToken> {
    return postOnce(this.#http, `/tokens/${tokenId}/rotate`, options);
  }

  /** From now on, requests with this token get 401. */
  revoke(tokenId: number, options?: RequestOptions): ApiPromise<void> {
    return remove(this.#http, `/tokens/${tokenId}`, options);
  }

  /** What the token of this client may do: any token may read that, not only an administrator's. */
  whoami<O extends ReadOptions>(options?: O): ApiPromise<IfChanged<Caller, O>> {
    return get(this.#http, '/whoami', options);
  }
}
