import { type FollowOptions, follow } from '../follow.ts';
import type { Http, HttpRequest } from '../http.ts';
import type { IfChanged } from '../lists.ts';
import type { ReadOptions, RequestOptions } from '../options.ts';
import { type ApiPromise, toApiPromise } from '../response.ts';
import type { ApiEvent, EventList, ListEventsQuery } from '../types.ts';

/** A page of the feed. It can be short or empty although more events follow. */
export interface EventPage {
  items: ApiEvent[];
  /** The `after` of the next page. */
  next: number;
  /** The current end of the feed: if it equals `next`, there are no more events for now. */
  last: number;
}

/** `api.events`: every change of a user or a task, in order. */
export class Events {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** The events up to now, oldest first. */
  async *list(query: ListEventsQuery = {}, options?: RequestOptions): AsyncGenerator<ApiEvent, void, undefined> {
    let after = query.after;
    for (;;) {
      const page: EventPage = await this.listPage({ ...query, after }, options);
      yield* page.items;
      if (page.next >= page.last) return;
      after = page.next;
    }
  }

  listPage<O extends ReadOptions>(query?: ListEventsQuery, options?: O): ApiPromise<IfChanged<EventPage, O>> {
    const request: HttpRequest = {
      method: 'GET',
      path: '/events',
      query,
      headers: { 'if-none-match': options?.ifNoneMatch },
    };
    const sent = this.#http.send<EventList | undefined>(request, options);
    const toPage = async () => {
      const { data, ...response } = await sent;
      const link = response.headers.get('link') ?? '';
      const page = data && { items: data.events, next: findAfter(link, 'next'), last: findAfter(link, 'last') };
      return { ...response, data: page as IfChanged<EventPage, O> };
    };
    return toApiPromise(toPage());
  }

  /** The current end of the feed. To keep a copy: read this, then all users and tasks, then follow from here. */
  async last(options?: RequestOptions): Promise<number> {
    return (await this.listPage({ perPage: 1 }, options)).last;
  }

  /**
   * Events as they happen, without end, over a connection that is renewed when it is lost. No event is skipped or
   * repeated.
   *
   * @throws ApiError if a retry would not help, for example because the token was revoked.
   */
  follow(options: FollowOptions = {}): AsyncGenerator<ApiEvent, void, undefined> {
    return follow(this.#http, this, options);
  }
}

function findAfter(link: string, rel: string): number {
  return Number(new RegExp(`[?&]_after=(\\d+)[^>]*>; rel="${rel}"`).exec(link)?.[1]);
}
