import type { Http } from '../http.ts';
import { type IfChanged, List, type Page } from '../lists.ts';
import type { PageOptions, RequestOptions } from '../options.ts';
import type { ApiPromise } from '../response.ts';
import type { Change, ListAuditQuery } from '../types.ts';

/** `api.audit`: who changed what, and when; for administrators. `api.tasks.history` is for everyone. */
export class Audit {
  readonly #list: List<Change, ListAuditQuery>;

  constructor(http: Http) {
    this.#list = new List(http, '/audit', 'audit');
  }

  /** All changes, oldest first; with `sort: '-sequence'`, newest first. */
  list(query?: Omit<ListAuditQuery, 'page'>, options?: RequestOptions): AsyncGenerator<Change, void, undefined> {
    return this.#list.all(query, options);
  }

  listPage<O extends PageOptions>(query?: ListAuditQuery, options?: O): ApiPromise<IfChanged<Page<Change>, O>> {
    return this.#list.page(query, options);
  }
}
