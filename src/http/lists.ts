import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ListQuery, Page, SortKey, SortValue } from '../storage/store.ts';
import { sendTaggedBody } from './conditional.ts';
import { decodeCursor, encodeCursor, type SortKind } from './cursor.ts';
import { invalidParameter } from './errors.ts';
import { DEFAULT_PER_PAGE, parseSort } from './list-parameters.ts';

/** What one resource's list is like. */
export interface ListResource<T, Field extends string> {
  /** Its path, and under which name its body holds the items. */
  path: string;
  name: string;
  /** The id's field: it comes last in every order. */
  id: Field;
  /** What each field is sorted as. */
  kinds: Record<Field, SortKind>;
  /** What an item is sorted by. */
  sortValue: (item: T, field: Field) => SortValue;
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
 * What the request asks to list.
 *
 * @throws ApiError for a field that is sorted by twice, and for a cursor of another list or together with `_page`.
 */
export function toListQuery<T, Filter extends object, Field extends string>(
  request: FastifyRequest,
  { path, id, kinds }: ListResource<T, Field>,
  filter: Filter,
): ListQuery<Filter, Field> {
  const { _page, _perPage = DEFAULT_PER_PAGE, _sort, _cursor } = request.query as ListParameters;
  const sort = parseSort(_sort, id);
  const count = COUNT_EXACT.test(String(request.headers.prefer ?? ''));
  const query = { filter, sort, limit: _perPage, count, caller: request.principal?.tokenId };
  if (_cursor === undefined) return { ...query, from: { offset: (_page ?? 0) * _perPage } };
  const after = decodeCursor(
    _cursor,
    identify(path, sort, filter),
    sort.map(({ field }) => kinds[field]),
  );
  if (after === undefined || _page !== undefined) throw invalidParameter('_cursor', _cursor);
  return { ...query, from: { after } };
}

/**
 * Answers with a page: the body holds the items and nothing else, headers the rest (contract, section 3).
 *
 * @param toBody an item as the body shows it.
 */
export function sendList<T, Filter extends object, Field extends string>(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: ListResource<T, Field>,
  query: ListQuery<Filter, Field>,
  page: Page<T>,
  toBody: (item: T) => unknown = (item) => item,
): FastifyReply {
  reply.header('link', links(request.query as ListParameters, resource, query, page));
  if (page.total !== undefined) reply.header('x-total-count', page.total).header('preference-applied', 'count=exact');
  return sendTaggedBody(request, reply, { [resource.name]: page.items.map(toBody) });
}

/** RFC 8288. `next` carries a cursor, so that going on costs the same however far the client has come. */
function links<T, Filter extends object, Field extends string>(
  parameters: ListParameters,
  { path, sortValue }: ListResource<T, Field>,
  { filter, sort }: ListQuery<Filter, Field>,
  { items, more }: Page<T>,
): string {
  const { _page = 0, _cursor, ...rest } = parameters;
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
