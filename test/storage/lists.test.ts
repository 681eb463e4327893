import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ListQuery, Page, SortKey, SortValue } from '../../src/domain/lists.ts';
import type { Store } from '../../src/domain/store.ts';
import { TASK_STATUSES, type Task, type TaskFilter } from '../../src/domain/tasks.ts';
import type { User, UserFilter } from '../../src/domain/users.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { newDatabase } from '../support/stores.ts';

const BEGIN = 1_700_000_000_000;

/** Texts that the order of code points, that of UTF-16 units, a language's and one without case put differently. */
const TEXTS = [
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
const INSTANTS = [-62_135_596_800_000_000n, -1n, 0n, 1_780_315_200_000_000n, 1_780_315_200_000_001n].concat(
  253_402_300_799_999_999n,
);

/** How many queries are in flight at a time. */
const AT_ONCE = 10;

const OFFSETS = [0, 2, 10, 64_000];

/** A row, and what it is sorted and filtered by. */
interface Row<T> {
  item: T;
  values: Record<string, SortValue>;
  updatedAt: number;
}

type Query = ListQuery<Record<string, SortValue>, string>;

function pick<T>(values: readonly T[], n: number): T {
  return values[n % values.length] as T;
}

/** Every order by one field and by two, with the id at the end, up or down. */
function everyOrder(fields: string[], id: string): SortKey<string>[][] {
  const directions = [false, true];
  const keys = fields.flatMap((field) => directions.map((descending) => ({ field, descending })));
  const byTwo = keys.flatMap((key) => keys.filter(({ field }) => field !== key.field).map((other) => [key, other]));
  // One of those by two in each direction is enough: what is after the first field is treated alike.
  const some = byTwo.filter((_, i) => i % 3 === 0);
  return [...keys.map((key) => [key]), ...some].map((order) => {
    if (order.some(({ field }) => field === id))
      return order.slice(0, order.findIndex(({ field }) => field === id) + 1);
    return [...order, { field: id, descending: order.at(-1)?.descending ?? false }];
  });
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

const positionOf = ({ values }: Row<unknown>, sort: SortKey<string>[]) =>
  sort.map(({ field }) => values[field] as SortValue);

/** What a query must give, by the plainest way: all rows, filtered, sorted and cut. */
function expectedPage<T>(rows: Row<T>[], { filter, sort, from, limit, count }: Query): Page<T> {
  const all = rows
    .filter(({ values, updatedAt }) =>
      Object.entries(filter).every(([name, value]) =>
        name === 'updatedSince' ? updatedAt >= (value as number) : values[name] === value,
      ),
    )
    .sort((a, b) => comparePositions(positionOf(a, sort), positionOf(b, sort), sort));
  const rest =
    'offset' in from
      ? all.slice(from.offset)
      : all.filter((row) => comparePositions(positionOf(row, sort), from.after, sort) > 0);
  const items = rest.slice(0, limit).map(({ item }) => item);
  return { items, more: rest.length > limit, ...(count && { total: all.length }) };
}

/** Every order with every filter, from several offsets and cursor positions. */
function everyQuery(rows: Row<unknown>[], orders: SortKey<string>[][], filters: Query['filter'][]): Query[] {
  return orders.flatMap((sort, n) =>
    filters.flatMap((filter, m): Query[] => {
      const query = { filter, sort, count: (n + m) % 5 === 0 };
      const row = (i: number) => pick(rows, n + 7 * m + i);
      // A position is one of this list: where a filter leaves one value, it has that one.
      const position = (values: SortValue[]) => values.map((value, i) => filter[sort[i]?.field as string] ?? value);
      // Between two rows: the fields of one and the id of another.
      const between = [...positionOf(row(3), sort).slice(0, -1), positionOf(row(4), sort).at(-1) as SortValue];
      return [
        { ...query, from: { offset: 0 }, limit: 1000 },
        { ...query, from: { offset: 1 + (n % 3) }, limit: 2 },
        { ...query, from: { offset: 201 }, limit: 1 },
        { ...query, from: { after: position(positionOf(row(0), sort)) }, limit: 1000 },
        { ...query, from: { after: position(positionOf(row(1), sort)) }, limit: 3 },
        { ...query, from: { after: position(between) }, limit: 1000 },
      ];
    }),
  );
}

/** Sends a few at a time: a store may reject more than it can handle soon. */
async function assertPages<T>(list: (query: Query) => Promise<Page<T>>, rows: Row<T>[], queries: Query[]) {
  for (let sent = 0; sent < queries.length; sent += AT_ONCE) {
    const some = queries.slice(sent, sent + AT_ONCE);
    for (const [i, page] of (await Promise.all(some.map(list))).entries()) {
      const query = some[i] as Query;
      assert.deepEqual(page, expectedPage(rows, query), inspect(query, { depth: 4 }));
    }
  }
}

/** Users of whom several share each name, the later half changed later. */
async function createUsers(store: Store, clock: { now: number }): Promise<Row<User>[]> {
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

async function createTasks(store: Store, clock: { now: number }, users: Row<User>[]): Promise<Row<Task>[]> {
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

testOnBothDatabases(
  'users are listed in every order, with every filter, by offset and by cursor position',
  async (t) => {
    const clock = { now: BEGIN };
    const store = (await newDatabase(t, () => clock.now)).open();
    const rows = await createUsers(store, clock);
    const { userId, contactEmailKey } = (rows[5] as Row<User>).values as Required<UserFilter>;
    const filters = [{}, { userId }, { contactEmailKey }, { updatedSince: BEGIN + 9 }, { userId: 999_999 }];
    const orders = everyOrder(['userId', 'firstName', 'lastName', 'contactEmail'], 'userId');
    const together = [
      { userId, contactEmailKey, updatedSince: BEGIN },
      { userId, contactEmailKey: 'user6@example.com' },
    ];
    const queries = everyQuery(rows, orders, [...filters, ...together]);
    await assertPages((query) => store.users.list(query as never), rows, queries);
  },
);

testOnBothDatabases(
  'tasks are listed in every order, with every filter, by offset and by cursor position',
  async (t) => {
    const clock = { now: BEGIN };
    const store = (await newDatabase(t, () => clock.now)).open();
    const rows = await createTasks(store, clock, await createUsers(store, clock));
    const { userId, taskStatus } = (rows[5] as Row<Task>).values as Required<TaskFilter>;
    const updatedSince = BEGIN + 30;
    const alone = [{}, { userId }, { taskStatus }, { updatedSince }, { userId: 999_999 }];
    const together = [
      { userId, taskStatus },
      { userId, updatedSince },
      { userId, taskStatus, updatedSince },
    ];
    const fields = ['taskId', 'userId', 'taskTitle', 'taskStatus', 'dueDate', 'warningOffset'];
    const queries = everyQuery(rows, everyOrder(fields, 'taskId'), [...alone, ...together]);
    await assertPages((query) => store.tasks.list(query as never), rows, queries);
  },
);

testOnBothDatabases('a change moves a row to its new position, and out of and into filters', async (t) => {
  const clock = { now: BEGIN };
  const store = (await newDatabase(t, () => clock.now)).open();
  const users = await createUsers(store, clock);
  const rows = await createTasks(store, clock, users);
  clock.now = BEGIN + 1_000_000;
  const [first, , third] = rows as [Row<Task>, Row<Task>, Row<Task>];
  const owner = (users[9] as Row<User>).item.userId;
  const dueAt = -5n;
  const moved = await store.tasks.update(first.item.taskId, { userId: owner, dueDate: 'moved', dueAt }, ACTOR);
  const retitled = await store.tasks.update(
    third.item.taskId,
    { taskTitle: '\u{10000}', taskStatus: 'DEFERRED' },
    ACTOR,
  );
  first.item = moved as Task;
  Object.assign(first, { values: { ...first.values, userId: owner, dueDate: dueAt }, updatedAt: clock.now });
  third.item = retitled as Task;
  const text = { taskTitle: '\u{10000}', taskStatus: 'DEFERRED' };
  Object.assign(third, { values: { ...third.values, ...text }, updatedAt: clock.now });
  const filters = [{}, { userId: owner }, { taskStatus: 'DEFERRED' }, { updatedSince: clock.now }];
  const queries = ['dueDate', 'taskTitle'].flatMap((field) =>
    filters.map((filter) => ({
      ...{ filter, from: { offset: 0 }, limit: 100, count: true },
      sort: ['taskId', field].reverse().map((name) => ({ field: name, descending: false })),
    })),
  );
  await assertPages((query) => store.tasks.list(query as never), rows, queries);
});

testOnBothDatabases('an empty list has no items', async (t) => {
  const store = (await newDatabase(t, () => BEGIN)).open();
  const page = { from: { offset: 0 }, limit: 20, count: true };
  const empty = { items: [], more: false, total: 0 };
  const byId = <Field extends string>(field: Field) => [{ field, descending: true }];
  assert.deepEqual(await store.users.list({ ...page, filter: {}, sort: byId('userId') }), empty);
  assert.deepEqual(await store.tasks.list({ ...page, filter: {}, sort: byId('taskId') }), empty);
});
