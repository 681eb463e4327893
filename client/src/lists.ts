import type { Http } from './http.ts';
import type { PageOptions, ReadOptions, RequestOptions } from './options.ts';
import { type ApiPromise, toApiPromise } from './response.ts';
import { readLines } from './text-stream.ts';

/** The most rows that a page can have. */
const MAX_PER_PAGE = 100;

/** A page of a list. */
export interface Page<T> {
  items: T[];
  /** The `cursor` of the next page; undefined on the last page. */
  next: string | undefined;
  /** The number of rows on all pages, if `count` was set. */
  total: number | undefined;
}

/** Undefined is possible only with `ifNoneMatch`. */
export type IfChanged<T, Options> = Options extends { ifNoneMatch: unknown } ? T | undefined : T;

/** A list, at a path of the API and under a name in its body. */
export class List<T, Query extends object> {
  readonly #http: Http;
  readonly #path: string;
  readonly #key: string;

  constructor(http: Http, path: string, key: string) {
    this.#http = http;
    this.#path = path;
    this.#key = key;
  }

  page<O extends PageOptions>(query: Query | undefined, options?: O): ApiPromise<IfChanged<Page<T>, O>> {
    const { count, ifNoneMatch, ...rest } = options ?? {};
    const headers = { prefer: count ? 'count=exact' : undefined, 'if-none-match': ifNoneMatch };
    const sent = this.#http.send<Record<string, T[]>>({ method: 'GET', path: this.#path, query, headers }, rest);
    const toPage = async () => {
      const { data, ...response } = await sent;
      const total = response.headers.get('x-total-count');
      const page = data && {
        items: data[this.#key] ?? [],
        next: findCursor(response.headers.get('link')),
        total: total === null ? undefined : Number(total),
      };
      return { ...response, data: page as IfChanged<Page<T>, O> };
    };
    return toApiPromise(toPage());
  }

  async *all(query?: Query, options?: RequestOptions): AsyncGenerator<T, void, undefined> {
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.page(
        { perPage: MAX_PER_PAGE, ...query, ...(cursor !== undefined && { cursor }) } as unknown as Query,
        options,
      );
      yield* page.items;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  async *stream(query?: Query, options?: RequestOptions): AsyncGenerator<T, void, undefined> {
    const headers = { accept: 'application/x-ndjson' };
    const text = this.#http.stream({ method: 'GET', path: this.#path, query, headers }, options);
    for await (const line of readLines(text)) yield JSON.parse(line);
  }
}

/** Reads a resource. */
export function get<T, O extends ReadOptions>(http: Http, path: string, options?: O): ApiPromise<IfChanged<T, O>> {
  const headers = { 'if-none-match': options?.ifNoneMatch };
  return toApiPromise(http.send({ method: 'GET', path, headers }, options));
}

function findCursor(link: string | null): string | undefined {
  const [, cursor] = /[?&]_cursor=([^&>]+)[^>]*>; rel="next"/.exec(link ?? '') ?? [];
  return cursor === undefined ? undefined : decodeURIComponent(cursor);
}
