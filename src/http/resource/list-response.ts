import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListQuery, Page, SortKey, SortValue } from '../../domain/lists.ts';
import { describeFormat } from '../errors/allowed-values.ts';
import { invalidValue } from '../errors/api-error.ts';
import type { Rules } from '../request.ts';
import { decodeCursor, encodeCursor, isCursor, type SortKind } from './cursor.ts';
import { sendTaggedBody } from './etag.ts';
import { DEFAULT_PER_PAGE, parseSort } from './list-parameters.ts';

/** The list of a resource. */
export interface ListResource<T, Field extends string, Filter extends object> {
  /** The path of the list. */
  path: (request: FastifyRequest) => string;
  /** The property of the body that holds the items. */
  name: string;
  /** The ID field, the last one of every order. */
  id: Field;
  /** The type of each sort field. */
  kinds: Record<Field, SortKind>;
  /** The value of an item's sort field. */
  sortValue: (item: T, field: Field) => SortValue;
  /** The filter of a valid request: from its parameters and its token. */
  filter: (request: FastifyRequest) => Filter;
  /** Whether the filter depends on the time. Then a cursor contains the time of the first page. */
  dependsOnTime?: (filter: Filter) => boolean;
}

/** The validated parameters of a list, except for its filters. */
interface ListParameters {
  _page?: number;
  _perPage?: number;
  _sort?: string;
  _cursor?: string;
}

/** `Prefer: count=exact` (RFC 7240). Other preferences are ignored. */
const COUNT_EXACT = /(?:^|,)\s*count\s*=\s*"?exact"?\s*(?:[,;]|$)/i;

/**
 * Rejects a `_cursor` of another list, or together with `_page`. If other parameters are invalid, the list is unknown, and
 * only a malformed cursor is rejected.
 */
export function cursorRule<T, Field extends string, Filter extends object>(
  resource: ListResource<T, Field, Filter>,
): Rules {
  return (request, rejected) => {
    const { _page, _cursor } = request.query as ListParameters;
    if (_cursor === undefined || rejected.has('_cursor')) return [];
    const isKnown = [...rejected].every((name) => name === '_page' || name === '_perPage');
    const isValid = isKnown ? readCursor(request, resource) !== undefined : isCursor(_cursor);
    if (isValid && _page === undefined) return [];
    return [invalidValue('query', '_cursor', _cursor, describeFormat('cursor'))];
  };
}

/**
 * The list query of a valid request.
 *
 * @param now the time for a list that depends on it, in milliseconds since the epoch.
 */
export function toListQuery<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  resource: ListResource<T, Field, Filter>,
  now?: number,
): ListQuery<Filter, Field> {
  const { _page = 0, _perPage = DEFAULT_PER_PAGE, _sort, _cursor } = request.query as ListParameters;
  const cursor = _cursor === undefined ? undefined : (readCursor(request, resource) as Cursor);
  const filter = resource.filter(request);
  return {
    filter,
    sort: parseSort(_sort, resource.id),
    from: cursor ?? { offset: _page * _perPage },
    limit: _perPage,
    count: COUNT_EXACT.test(String(request.headers.prefer ?? '')),
    at: resource.dependsOnTime?.(filter) ? (cursor?.at ?? now) : undefined,
    caller: request.principal?.tokenId,
    freshness: request.freshness ?? undefined,
  };
}

interface Cursor {
  /** The sort values of a row. */
  after: SortValue[];
  /** The time of the first page, if the list depends on the time. */
  at: number | undefined;
}

/** What `_cursor` contains, or undefined if it is of another list. */
function readCursor<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  resource: ListResource<T, Field, Filter>,
): Cursor | undefined {
  const { _sort, _cursor = '' } = request.query as ListParameters;
  const sort = parseSort(_sort, resource.id);
  const filter = resource.filter(request);
  const kinds = sort.map(({ field }) => resource.kinds[field]);
  if (resource.dependsOnTime?.(filter)) kinds.push('number');
  const values = decodeCursor(_cursor, identify(resource.path(request), sort, filter), kinds);
  return values && { after: values.slice(0, sort.length), at: values[sort.length] as number | undefined };
}

/**
 * Sends a page: the items in the body, the links and the count in headers.
 *
 * @param toBody converts an item to its representation in the body.
 */
export function sendList<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: ListResource<T, Field, Filter>,
  query: ListQuery<Filter, Field>,
  page: Page<T>,
  toBody: (item: T) => unknown = (item) => item,
): FastifyReply {
  reply.header('link', links(request, resource, query, page));
  if (page.total !== undefined) reply.header('x-total-count', page.total).header('preference-applied', 'count=exact');
  return sendTaggedBody(request, reply, { [resource.name]: page.items.map(toBody) });
}

/** The `Link` header (RFC 8288). `next` has a cursor, so that a page costs the same at any depth. */
function links<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  { path: pathOf, sortValue }: ListResource<T, Field, Filter>,
  { filter, sort, at }: ListQuery<Filter, Field>,
  { items, more }: Page<T>,
): string {
  const { _page = 0, _cursor, ...rest } = request.query as ListParameters;
  const path = pathOf(request);
  const link = (rel: string, position: Record<string, string>) => {
    const search = new URLSearchParams({ ...(rest as Record<string, string>), ...position }).toString();
    return `<${path}${search && `?${search}`}>; rel="${rel}"`;
  };
  const all = [link('first', {})];
  if (_cursor === undefined && _page > 0) all.push(link('prev', { _page: String(_page - 1) }));
  const last = items.at(-1);
  if (more && last !== undefined) {
    const values = sort.map(({ field }) => sortValue(last, field));
    if (at !== undefined) values.push(at);
    all.push(link('next', { _cursor: encodeCursor(values, identify(path, sort, filter)) }));
  }
  return all.join(', ');
}

/** Identifies a list for its cursors: by path, order and filter. */
function identify(path: string, sort: SortKey<string>[], filter: object): string {
  const order = sort.map(({ field, descending }) => (descending ? `-${field}` : field));
  return JSON.stringify([path, order, Object.entries(filter).sort()], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
