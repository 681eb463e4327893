import assert from 'node:assert/strict';
import type { SortKey, SortValue } from '../../src/domain/lists.ts';
import type { Task } from '../../src/domain/tasks.ts';
import type { User } from '../../src/domain/users.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import {
  assertPages,
  BEGIN,
  createTasks,
  createUsers,
  isListed,
  pick,
  positionOf,
  type Query,
  type Row,
} from '../support/list-rows.ts';
import { newDatabase } from '../support/stores.ts';

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

/** Every order with every filter, from several offsets and cursor positions. */
function everyQuery(rows: Row<unknown>[], orders: SortKey<string>[][], filters: Query['filter'][]): Query[] {
  return orders.flatMap((sort, n) =>
    filters.flatMap((filter, m): Query[] => {
      const query = { filter, sort, count: (n + m) % 5 === 0 };
      // A position is one of this list.
      const listed = rows.filter((one) => isListed(one, { filter }));
      const row = (i: number) => pick(listed, n + 7 * m + i);
      const pages: Query[] = [
        { ...query, from: { offset: 0 }, limit: 1000 },
        { ...query, from: { offset: 1 + (n % 3) }, limit: 2 },
        { ...query, from: { offset: 201 }, limit: 1 },
      ];
      if (listed.length === 0) return pages;
      // Between two rows: the fields of one and the id of another.
      const between = [...positionOf(row(3), sort).slice(0, -1), positionOf(row(4), sort).at(-1) as SortValue];
      return [
        ...pages,
        { ...query, from: { after: positionOf(row(0), sort) }, limit: 1000 },
        { ...query, from: { after: positionOf(row(1), sort) }, limit: 3 },
        { ...query, from: { after: between }, limit: 1000 },
      ];
    }),
  );
}

testOnBothDatabases(
  'users are listed in every order, with every filter, by offset and by cursor position',
  async (t) => {
    const clock = { now: BEGIN };
    const store = (await newDatabase(t, () => clock.now)).open();
    const rows = await createUsers(store, clock);
    const { userId, contactEmailKey } = (rows[5] as Row<User>).values as { userId: number; contactEmailKey: string };
    const userIds = [userId];
    const filters = [{}, { userIds }, { contactEmailKey }, { updatedSince: BEGIN + 9 }, { userIds: [999_999] }];
    const orders = everyOrder(['userId', 'firstName', 'lastName', 'contactEmail'], 'userId');
    const together = [
      { userIds, contactEmailKey, updatedSince: BEGIN },
      { userIds, contactEmailKey: 'user6@example.com' },
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
    const { userId, taskStatus } = (rows[5] as Row<Task>).item;
    const taskStatuses = [taskStatus];
    const updatedSince = BEGIN + 30;
    const alone = [{}, { userId }, { taskStatuses }, { updatedSince }, { userId: 999_999 }];
    const together = [
      { userId, taskStatuses },
      { userId, updatedSince },
      { userId, taskStatuses, updatedSince },
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
  const filters = [{}, { userId: owner }, { taskStatuses: ['DEFERRED' as const] }, { updatedSince: clock.now }];
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
