import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListQuery, Page, SortKey, SortValue } from '../../domain/lists.ts';
import { describeFormat } from '../errors/allowed-values.ts';
import { invalidValue } from '../errors/api-error.ts';
import type { Rules } from '../request.ts';
import { decodeCursor, encodeCursor, isCursor, type SortKind } from './cursor.ts';
import { sendTaggedBody } from './etag.ts';
import { DEFAULT_PER_PAGE, parseSort } from './list-parameters.ts';

/** What one resource's list is like. */
export interface ListResource<T, Field extends string, Filter extends object> {
  /** The path of a request's list. */
  path: (request: FastifyRequest) => string;
  /** Under which name its body holds the items. */
  name: string;
  /** The id's field: it comes last in every order. */
  id: Field;
  /** What each field is sorted as. */
  kinds: Record<Field, SortKind>;
  /** What an item is sorted by. */
  sortValue: (item: T, field: Field) => SortValue;
  /** What passes, by the parameters of a request that the schemas accept, and by its token. */
  filter: (request: FastifyRequest) => Filter;
}

/** The parameters of a list that do not filter, as validated. */
interface ListParameters {
  _page?: number;
  _perPage?: number;
  _sort?: string;
  _cursor?: string;
}

/** RFC 7240: one preference among others, which are ignored. */
const COUNT_EXACT = /(?:^|,)\s*count\s*=\s*"?exact"?\s*(?:[,;]|$)/i;

/**
 * Refuses, in `_cursor`, a cursor of another list or together with `_page`. Where other parameters are wrong, and so the
 * list is not known, it refuses what is a cursor of none.
 */
export function cursorRule<T, Field extends string, Filter extends object>(
  resource: ListResource<T, Field, Filter>,
): Rules {
  return (request, rejected) => {
    const { _page, _cursor } = request.query as ListParameters;
    if (_cursor === undefined || rejected.has('_cursor')) return [];
    const isKnown = [...rejected].every((name) => name === '_page' || name === '_perPage');
    const isRight = isKnown ? readPlace(request, resource) !== undefined : isCursor(_cursor);
    if (isRight && _page === undefined) return [];
    return [invalidValue('query', '_cursor', _cursor, describeFormat('cursor'))];
  };
}

/** What a request asks to list that {@link cursorRule} and the schemas accept. */
export function toListQuery<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  resource: ListResource<T, Field, Filter>,
): ListQuery<Filter, Field> {
  const { _page = 0, _perPage = DEFAULT_PER_PAGE, _sort, _cursor } = request.query as ListParameters;
  const from =
    _cursor === undefined ? { offset: _page * _perPage } : { after: readPlace(request, resource) as SortValue[] };
  return {
    filter: resource.filter(request),
    sort: parseSort(_sort, resource.id),
    from,
    limit: _perPage,
    count: COUNT_EXACT.test(String(request.headers.prefer ?? '')),
    caller: request.principal?.tokenId,
  };
}

/** The place that `_cursor` means, or undefined where it is of another list. */
function readPlace<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  resource: ListResource<T, Field, Filter>,
): SortValue[] | undefined {
  const { _sort, _cursor = '' } = request.query as ListParameters;
  const sort = parseSort(_sort, resource.id);
  const list = identify(resource.path(request), sort, resource.filter(request));
  return decodeCursor(
    _cursor,
    list,
    sort.map(({ field }) => resource.kinds[field]),
  );
}

/**
 * Answers with a page: the body holds the items and nothing else, headers the rest (contract, section 3).
 *
 * @param toBody an item as the body shows it.
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

/** RFC 8288. `next` carries a cursor, so that going on costs the same however far the client has come. */
function links<T, Field extends string, Filter extends object>(
  request: FastifyRequest,
  { path: pathOf, sortValue }: ListResource<T, Field, Filter>,
  { filter, sort }: ListQuery<Filter, Field>,
  { items, more }: Page<T>,
): string {
  const { _page = 0, _cursor, ...rest } = request.query as ListParameters;
  const path = pathOf(request);
  const link = (rel: string, place: Record<string, string>) => {
    const search = new URLSearchParams({ ...(rest as Record<string, string>), ...place }).toString();
    return `<${path}${search && `?${search}`}>; rel="${rel}"`;
  };
  const all = [link('first', {})];
  if (_cursor === undefined && _page > 0) all.push(link('prev', { _page: String(_page - 1) }));
  const last = items.at(-1);
  if (more && last !== undefined) {
    const place = sort.map(({ field }) => sortValue(last, field));
    all.push(link('next', { _cursor: encodeCursor(place, identify(path, sort, filter)) }));
  }
  return all.join(', ');
}

/** Tells lists apart that a cursor must not be carried between. */
function identify(path: string, sort: SortKey<string>[], filter: object): string {
  const order = sort.map(({ field, descending }) => (descending ? `-${field}` : field));
  return JSON.stringify([path, order, Object.entries(filter).sort()]);
}
