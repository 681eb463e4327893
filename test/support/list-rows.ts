import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ListQuery, Page, SortKey, SortValue } from '../../src/domain/lists.ts';
import type { Store } from '../../src/domain/store.ts';
import { TASK_STATUSES, type Task, type TaskFilter, type TaskStatus } from '../../src/domain/tasks.ts';
import type { User, UserFilter } from '../../src/domain/users.ts';
import { ACTOR, created } from './created.ts';

/** When the first row is created, in milliseconds since the epoch. */
export const BEGIN = 1_700_000_000_000;

/** Texts that the order of code points, that of UTF-16 units, a language's and one without case put differently. */
export const TEXTS = [
  ' ',
  'A',
  'Z',
  'a',
  'a ',
  'aa',
  'a\u0301',
  'ss',
  'ß',
  'á',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
];

/** Instants that are a microsecond apart, and the first and the last that there are. */
export const INSTANTS = [-62_135_596_800_000_000n, -1n, 0n, 1_780_315_200_000_000n, 1_780_315_200_000_001n].concat(
  253_402_300_799_999_999n,
);

/** How many queries are in flight at a time. */
const AT_ONCE = 10;

const OFFSETS = [0, 2, 10, 64_000];

/** A row, and what it is sorted and filtered by. */
export interface Row<T> {
  item: T;
  values: Record<string, SortValue>;
  updatedAt: number;
}

export type Filter = UserFilter & TaskFilter;
export type Query = ListQuery<Filter, string>;

export function pick<T>(values: readonly T[], n: number): T {
  return values[n % values.length] as T;
}

function compare(a: SortValue, b: SortValue): number {
  // The bytes of UTF-8 are in the order of the code points.
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePositions(a: SortValue[], b: SortValue[], sort: SortKey<string>[]): number {
  for (const [i, { descending }] of sort.entries()) {
    const order = compare(a[i] as SortValue, b[i] as SortValue);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

export const positionOf = ({ values }: Row<unknown>, sort: SortKey<string>[]) =>
  sort.map(({ field }) => values[field] as SortValue);

/** Whether a row matches all filters. */
export function isListed({ values, updatedAt }: Row<unknown>, { filter, at }: Pick<Query, 'filter' | 'at'>): boolean {
  const { userIds, taskIds, taskStatuses, dueAfter, dueBefore, overdue, updatedSince, ...equal } = filter;
  const isDone = values.taskStatus === 'COMPLETED' || values.taskStatus === 'CANCELLED';
  const dueAt = values.dueDate as bigint;
  return (
    Object.entries(equal).every(([name, value]) => values[name] === value) &&
    (userIds?.includes(values.userId as number) ?? true) &&
    (taskIds?.includes(values.taskId as number) ?? true) &&
    (taskStatuses?.includes(values.taskStatus as TaskStatus) ?? true) &&
    (dueAfter === undefined || dueAt >= dueAfter) &&
    (dueBefore === undefined || dueAt < dueBefore) &&
    (overdue === undefined || overdue === (!isDone && dueAt < BigInt(at as number) * 1000n)) &&
    (updatedSince === undefined || updatedAt >= updatedSince)
  );
}

/** What a query must give, by the plainest way: all rows, filtered, sorted and cut. */
function expectedPage<T>(rows: Row<T>[], query: Query): Page<T> {
  const { sort, from, limit, count } = query;
  const all = rows
    .filter((row) => isListed(row, query))
    .sort((a, b) => comparePositions(positionOf(a, sort), positionOf(b, sort), sort));
  const rest =
    'offset' in from
      ? all.slice(from.offset)
      : all.filter((row) => comparePositions(positionOf(row, sort), from.after, sort) > 0);
  const items = rest.slice(0, limit).map(({ item }) => item);
  return { items, more: rest.length > limit, ...(count && { total: all.length }) };
}

/** Sends a few at a time: a store may reject more than it can handle soon. */
export async function assertPages<T>(
  list: (query: Query) => Promise<Page<T>>,
  rows: Row<T>[],
  queries: Query[],
): Promise<void> {
  for (let sent = 0; sent < queries.length; sent += AT_ONCE) {
    const some = queries.slice(sent, sent + AT_ONCE);
    for (const [i, page] of (await Promise.all(some.map(list))).entries()) {
      const query = some[i] as Query;
      assert.deepEqual(page, expectedPage(rows, query), inspect(query, { depth: 4 }));
    }
  }
}

/** Users of whom several share each name, the later half changed later. */
export async function createUsers(store: Store, clock: { now: number }): Promise<Row<User>[]> {
  const rows: Row<User>[] = [];
  for (let n = 0; n < 2 * TEXTS.length; n++) {
    clock.now = BEGIN + n;
    const fields = {
      firstName: pick(TEXTS, 3 * n),
      lastName: pick(TEXTS.slice(0, 3), n),
      contactEmail: pick(TEXTS, 5 * n),
    };
    const item = created(await store.users.create({ ...fields, contactEmailKey: `user${n}@example.com` }, ACTOR));
    const values = { ...fields, userId: item.userId, contactEmailKey: `user${n}@example.com` };
    rows.push({ item, values, updatedAt: clock.now });
  }
  return rows;
}

/** Tasks of four of the users. */
export async function createTasks(store: Store, clock: { now: number }, users: Row<User>[]): Promise<Row<Task>[]> {
  const rows: Row<Task>[] = [];
  for (let n = 0; n < 60; n++) {
    clock.now = BEGIN + n;
    const dueAt = pick(INSTANTS, 5 * n);
    const fields = {
      ...{ userId: pick(users.slice(0, 4), n * n + 1).item.userId, taskTitle: pick(TEXTS, 3 * n) },
      ...{ taskStatus: pick(TASK_STATUSES, n + (n >> 3)), warningOffset: pick(OFFSETS, n >> 1) },
    };
    const task = { ...fields, taskDescription: n % 2 ? null : 'x', dueDate: `due at ${dueAt}`, dueAt };
    const item = created(await store.tasks.create(task, ACTOR));
    rows.push({ item, values: { ...fields, taskId: item.taskId, dueDate: dueAt }, updatedAt: clock.now });
  }
  return rows;
}
