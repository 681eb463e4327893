import type { Page, SortKey } from '../../src/domain/lists.ts';
import { TASK_STATUSES } from '../../src/domain/tasks.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import fc from '../support/fast-check.ts';
import {
  assertPages,
  BEGIN,
  createTasks,
  createUsers,
  type Filter,
  INSTANTS,
  isListed,
  pick,
  positionOf,
  type Query,
  type Row,
  TEXTS,
} from '../support/list-rows.ts';
import { newDatabase } from '../support/stores.ts';

const QUERIES = 1_000;

/** Microseconds around the due dates of the rows. */
const instant = fc
  .tuple(fc.constantFrom(...INSTANTS), fc.constantFrom(-1n, 0n, 1n))
  .map(([base, apart]) => base + apart);

/** Some of these ids, in any order, perhaps repeated, and perhaps one that does not exist. */
const idsOf = (ids: number[]) =>
  fc.array(fc.constantFrom(...ids, 999_999), { minLength: 1, maxLength: 100, size: 'max' });

/** At most three of the filters: more would match no row. */
function someOf(filters: { [Name in keyof Filter]: fc.Arbitrary<Filter[Name]> }): fc.Arbitrary<Filter> {
  return fc
    .subarray(Object.entries(filters), { maxLength: 3 })
    .chain((some) => fc.record(Object.fromEntries(some)) as fc.Arbitrary<Filter>);
}

/** An order by up to three fields, completed by the id. */
function orderBy(fields: string[], id: string): fc.Arbitrary<SortKey<string>[]> {
  const key = fc.record({ field: fc.constantFrom(...fields), descending: fc.boolean() });
  return fc.uniqueArray(key, { selector: ({ field }) => field, minLength: 1, maxLength: 3 }).map((keys) => {
    const end = keys.findIndex(({ field }) => field === id);
    return end === -1 ? [...keys, { field: id, descending: keys.at(-1)?.descending === true }] : keys.slice(0, end + 1);
  });
}

/** Queries of these rows, from any page or any row of the list. */
function queriesOf(
  rows: Row<unknown>[],
  filter: fc.Arbitrary<Filter>,
  sort: fc.Arbitrary<SortKey<string>[]>,
): fc.Arbitrary<Query> {
  const start = fc.record({ isCursor: fc.boolean(), nth: fc.nat(70) });
  const at = fc.constantFrom(0, 1_780_315_200_000, 1_780_315_200_001);
  const limit = fc.constantFrom(1, 2, 7, 100);
  const count = fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });
  return fc.record({ filter, sort, limit, count, at, start }).map(({ start: { isCursor, nth }, ...query }) => {
    const listed = rows.filter((row) => isListed(row, query));
    if (!isCursor || listed.length === 0) return { ...query, from: { offset: nth } };
    return { ...query, from: { after: positionOf(pick(listed, nth), query.sort) } };
  });
}

async function check<T>(list: (query: Query) => Promise<Page<T>>, rows: Row<T>[], queries: fc.Arbitrary<Query>) {
  const batches = fc.array(queries, { minLength: 10, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(batches, (batch) => assertPages(list, rows, batch)),
    { numRuns: QUERIES / 10 },
  );
}

testOnBothDatabases('any filters of tasks match as in a plain list, in any order', async (t) => {
  const clock = { now: BEGIN };
  const store = (await newDatabase(t, () => clock.now)).open();
  const users = await createUsers(store, clock);
  const rows = await createTasks(store, clock, users);
  const filter = someOf({
    userId: fc.constantFrom(...users.slice(0, 5).map(({ item }) => item.userId)),
    taskIds: idsOf(rows.map(({ item }) => item.taskId)),
    taskStatuses: fc.uniqueArray(fc.constantFrom(...TASK_STATUSES), { minLength: 1 }),
    dueAfter: instant,
    dueBefore: instant,
    overdue: fc.boolean(),
    updatedSince: fc.constantFrom(BEGIN, BEGIN + 10, BEGIN + 50),
  });
  const fields = ['taskId', 'userId', 'taskTitle', 'taskStatus', 'dueDate', 'dueDate', 'warningOffset'];
  await check((query) => store.tasks.list(query as never), rows, queriesOf(rows, filter, orderBy(fields, 'taskId')));
});

testOnBothDatabases('any filters of users match as in a plain list, in any order', async (t) => {
  const clock = { now: BEGIN };
  const store = (await newDatabase(t, () => clock.now)).open();
  const rows = await createUsers(store, clock);
  const filter = someOf({
    userIds: idsOf(rows.map(({ item }) => item.userId)),
    firstName: fc.constantFrom(...TEXTS),
    lastName: fc.constantFrom(...TEXTS.slice(0, 4)),
    contactEmailKey: fc.constantFrom('user3@example.com', 'user4@example.com'),
    updatedSince: fc.constantFrom(BEGIN, BEGIN + 10, BEGIN + 20),
  });
  const sort = orderBy(['userId', 'firstName', 'lastName', 'contactEmail'], 'userId');
  await check((query) => store.users.list(query as never), rows, queriesOf(rows, filter, sort));
});
