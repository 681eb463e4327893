import assert from 'node:assert/strict';
import { LINES } from '../support/list-stream.ts';
import {
  assertNotModified,
  assertOk,
  assertRejected,
  formatSort,
  ifNoneMatch,
  NAMES,
  perPageOf,
  tagOf,
} from './expectations.ts';
import { assertLinks, linkTo } from './links.ts';
import { type Kind, type ListOrder, type ModelTask, type ModelUser, NOT_FOUND, show } from './model.ts';
import { idOf, resolve, type Service, type StepOf, UNUSED_ID } from './service.ts';

const OTHER: Record<Kind, Kind> = { users: 'tasks', tasks: 'users' };

export async function getRow(service: Service, { kind, which, match }: StepOf<'get'>): Promise<void> {
  const id = idOf(service, kind, which);
  const row = service.model.row(kind, id);
  const [header, matches] = ifNoneMatch(match, row?.tags ?? []);
  const response = await service.send('GET', `${NAMES[kind].path}/${id}`, undefined, header);
  if (row === undefined) return assertRejected(response, NOT_FOUND);
  assert.equal(tagOf(response), row.tags.at(-1));
  if (matches) assertNotModified(response);
  else assertOk(response, show(row));
}

export async function listRows(service: Service, { list, walk, count, again }: StepOf<'list'>): Promise<void> {
  const { order, query } = resolve(service, list);
  if (walk !== 'cursors') await turnPages(service, order, query, count, walk === 'both');
  if (walk !== 'pages') await walkFrom(service, order, query, count);
  if (again) await listAgain(service, order, query);
}

/** Reads every page by its number, and one past the end; if `thenWalk`, follows cursors from the second page on. */
async function turnPages(
  service: Service,
  order: ListOrder,
  query: URLSearchParams,
  count: boolean,
  thenWalk: boolean,
): Promise<void> {
  const rows = service.model.list(order);
  const perPage = Number(query.get('_perPage') ?? 20);
  for (let page = 0; page * perPage < rows.length + perPage; page++) {
    const numbered = new URLSearchParams([...query, ['_page', String(page)]]);
    const url = `${NAMES[order.kind].path}?${numbered}`;
    const from = page * perPage;
    const next = await readPage(service, order, url, rows.slice(from), count ? rows.length : undefined);
    if (thenWalk && page === 1 && next !== undefined) {
      await follow(service, order, next, rows.slice(from + perPage), count ? rows.length : undefined);
      return;
    }
  }
}

/** Reads the whole list by its `next` links. */
export async function walkFrom(
  service: Service,
  order: ListOrder,
  query: URLSearchParams,
  count: boolean,
): Promise<void> {
  const rows = service.model.list(order);
  const search = query.toString();
  const url = `${NAMES[order.kind].path}${search && `?${search}`}`;
  await follow(service, order, url, rows, count ? rows.length : undefined);
}

/** Reads a page, which must start with the first of the rows, and the pages after it. */
async function follow(
  service: Service,
  order: ListOrder,
  url: string,
  rows: (ModelUser | ModelTask)[],
  total?: number,
): Promise<void> {
  let left = rows;
  for (let next: string | undefined = url; next !== undefined; ) {
    const perPage = perPageOf(next);
    next = await readPage(service, order, next, left, total);
    left = left.slice(perPage);
  }
  assert.equal(left.length, 0, 'the links end before the list does');
}

/** Reads a page, which must show the first of the rows. Returns its `next` link. */
async function readPage(
  service: Service,
  { kind }: ListOrder,
  url: string,
  rows: (ModelUser | ModelTask)[],
  total: number | undefined,
): Promise<string | undefined> {
  const headers = total === undefined ? {} : { prefer: 'respond-async, count=exact' };
  const response = await service.send('GET', url, undefined, headers);
  const perPage = perPageOf(url);
  assertOk(response, { [kind]: rows.slice(0, perPage).map(show) }, 200, url);
  assert.equal(response.headers['x-total-count'], total === undefined ? undefined : String(total));
  assertLinks(response, url, rows.length > perPage);
  if (url.includes('_cursor')) service.tally.add('page by cursor');
  if (url.includes('_search') && rows.length > 0) service.tally.add('found by words');
  if (rows.length > 1) service.tally.add(`page of several ${kind}`);
  return linkTo(response, 'next');
}

/** A list has an entity tag, and `If-None-Match` with that tag gets a 304. */
async function listAgain(service: Service, { kind }: ListOrder, query: URLSearchParams): Promise<void> {
  const url = `${NAMES[kind].path}?${query}`;
  const first = await service.send('GET', url);
  const second = await service.send('GET', url, undefined, { 'if-none-match': `"other", W/${tagOf(first)}` });
  assertNotModified(second);
  assert.equal(tagOf(second), tagOf(first));
  const third = await service.send('GET', url, undefined, { 'if-none-match': '"other"' });
  assertOk(third, first.json());
}

/** Reads a whole list as lines of JSON. */
export async function streamRows(service: Service, { list }: StepOf<'stream'>): Promise<void> {
  const { order, query } = resolve(service, list);
  const rows = service.model.list(order);
  const response = await service.send('GET', `${NAMES[order.kind].path}?${query}`, undefined, { accept: LINES });
  assert.equal(response.statusCode, 200, response.payload);
  assert.equal(response.headers['content-type'], LINES);
  assert.equal(response.payload, rows.map((row) => `${JSON.stringify(show(row))}\n`).join(''));
  if (rows.length > 1) service.tally.add('stream of several rows');
}

export async function hold(service: Service, { list }: StepOf<'hold'>): Promise<void> {
  const { order, query } = resolve(service, list);
  const rows = service.model.list(order);
  const url = `${NAMES[order.kind].path}?${query}`;
  const next = await readPage(service, order, url, rows, undefined);
  const last = rows[perPageOf(url) - 1];
  if (next === undefined || last === undefined) return;
  const after = service.model.listAfter(order, last).map(({ id }) => id);
  service.held.push({ order, next, position: { ...last }, after });
}

/** Follows a `next` link that was saved. Rows may have been added, changed and deleted since. */
export async function goOn(service: Service, { nth, perPage }: StepOf<'goOn'>): Promise<void> {
  const held = service.held[nth % service.held.length];
  if (held === undefined) return;
  const { order, next, position, after } = held;
  const rows = service.model.listAfter(order, position);
  const changed = String(rows.map(({ id }) => id)) !== String(after);
  service.tally.add(`continued from a cursor ${changed ? 'after changes' : 'without changes'}`);
  const [path, search] = next.split('?');
  const query = new URLSearchParams(search);
  if (perPage !== undefined) query.set('_perPage', String(perPage));
  await follow(service, order, `${path}?${query}`, rows);
}

/** A cursor is rejected with any list but its own. */
export async function misuse(service: Service, { nth, how, at }: StepOf<'misuse'>): Promise<void> {
  const held = service.held[nth % service.held.length];
  if (held === undefined) return;
  const { order, next } = held;
  const query = new URLSearchParams(next.split('?')[1]);
  let { kind } = order;
  let cursor = query.get('_cursor') as string;
  if (how === 'page') query.set('_page', '0');
  if (how === 'order') {
    const [first = { field: NAMES[kind].id, descending: false }, ...rest] = order.sort;
    query.set('_sort', formatSort([{ ...first, descending: !first.descending }, ...rest]));
  }
  if (how === 'filter') {
    const name = kind === 'users' ? 'contactEmail' : 'userId';
    if (query.has(name)) query.delete(name);
    else query.set(name, kind === 'users' ? 'unused@example.com' : String(UNUSED_ID));
  }
  if (how === 'kind') {
    kind = OTHER[kind];
    for (const name of [...query.keys()]) if (name !== '_cursor') query.delete(name);
  }
  if (how === 'character') {
    const position = at % cursor.length;
    if (cursor[position] === '.') return;
    cursor = `${cursor.slice(0, position)}${cursor[position] === 'A' ? 'B' : 'A'}${cursor.slice(position + 1)}`;
  }
  query.set('_cursor', cursor);
  service.tally.add(`misused a cursor: ${how}`);
  assertRejected(await service.send('GET', `${NAMES[kind].path}?${query}`), {
    status: 400,
    code: 'INVALID_FIELD',
    message:
      `The \`_cursor\` value '${cursor.slice(0, 100)}' is not valid. It must be taken from a \`next\` link of the same ` +
      'list, with the same sort and filters, and without `_page`.',
    detail: { field: '_cursor', reason: 'Invalid value', location: 'query' },
  });
}
