import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { ListQuery, SortKey, SortValue } from '../../../src/domain/lists.ts';
import { isCheap } from '../../../src/storage/sql/list-sql.ts';
import { DELIVERY_LIST } from '../../../src/storage/sql/webhook-rows.ts';
import { AttemptRows } from '../../../src/storage/sqlite/attempts.ts';
import { ChangeRows } from '../../../src/storage/sqlite/changes.ts';
import { Consumers } from '../../../src/storage/sqlite/consumers.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { DeliveryRows } from '../../../src/storage/sqlite/deliveries.ts';
import { LongListReader } from '../../../src/storage/sqlite/long-list-reader.ts';
import { migrate } from '../../../src/storage/sqlite/migrate.ts';
import { type ListRequest, PageReader } from '../../../src/storage/sqlite/page-reader.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { SELECT_ANY_DUE_REMINDER, SELECT_DUE_REMINDERS, TASKS } from '../../../src/storage/sqlite/tasks.ts';
import { USERS } from '../../../src/storage/sqlite/users.ts';
import { WebhookRows } from '../../../src/storage/sqlite/webhooks.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** The columns of each list's filters and sort fields, and values that they may have. */
const LISTS = {
  users: {
    list: USERS,
    id: 'userId',
    filters: { userId: 7, contactEmailKey: 'a@example.com', updatedSince: 0 },
    sort: { userId: 7, firstName: 'a', lastName: 'a', contactEmail: 'a@example.com' },
    columns: {
      ...{ userId: 'rowid', contactEmailKey: 'contact_email_key', updatedSince: 'updated_at' },
      ...{ firstName: 'first_name', lastName: 'last_name', contactEmail: 'contact_email' },
    },
  },
  tasks: {
    list: TASKS,
    id: 'taskId',
    filters: { userId: 7, taskStatus: 'BLOCKED', updatedSince: 0 },
    sort: { taskId: 7, userId: 7, taskTitle: 'a', taskStatus: 'BLOCKED', dueDate: 0n, warningOffset: 0 },
    columns: {
      ...{ taskId: 'rowid', userId: 'user_id', taskStatus: 'task_status', updatedSince: 'updated_at' },
      ...{ taskTitle: 'task_title', dueDate: 'due_at', warningOffset: 'warning_offset' },
    },
  },
} as const;

type Kind = keyof typeof LISTS;
type Query = ListQuery<Record<string, SortValue>, string>;

const columnOf = (kind: Kind, name: string): string => (LISTS[kind].columns as Record<string, string>)[name] as string;

/** A database as it is before anybody writes to it. */
function emptyDatabase(t: TestContext): DatabaseSync {
  const db = openDatabase(join(tempFolder(t), 'test.db'));
  t.after(() => db.close());
  migrate(db);
  return db;
}

/** How SQLite goes about each statement that reading the list takes, a line a step. */
function plansOf(db: DatabaseSync, request: ListRequest): string[][] {
  const statements: string[] = [];
  const recording = {
    prepare(sql: string) {
      statements.push(sql);
      return db.prepare(sql);
    },
    exec: (sql: string) => db.exec(sql),
  };
  new PageReader(recording as unknown as DatabaseSync).read(request);
  return statements.map((sql) => {
    return db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail));
  });
}

const isCheapPage = ({ table, query }: ListRequest): boolean => isCheap(table, query);

function requestOf(kind: Kind, query: Query): ListRequest {
  const { table, updateIndex } = LISTS[kind].list;
  return { table, updateIndex, query };
}

/** The position of a row in a list that is sorted so. */
function positionIn(kind: Kind, sort: SortKey<string>[]): { after: SortValue[] } {
  return { after: sort.map(({ field }) => (LISTS[kind].sort as Record<string, SortValue>)[field] as SortValue) };
}

/**
 * Checks that the page is read from one index, in its order, beginning with its first row: nothing is sorted, and
 * nothing passed over that a filter leaves out or a position has behind it.
 */
function assertInOrder(db: DatabaseSync, kind: Kind, query: Query): void {
  const plans = plansOf(db, requestOf(kind, query));
  assert.equal(plans.length, 1);
  const plan = plans[0] as string[];
  const description = `${JSON.stringify(query, (_, value) => (typeof value === 'bigint' ? String(value) : value))}:\n${plan.join('\n')}`;
  assert.doesNotMatch(description, /TEMP B-TREE/, description);
  const steps = plan.filter((line) => new RegExp(`^(SCAN|SEARCH) ${kind}\\b`).test(line));
  const filters = Object.keys(query.filter);
  if (kind === 'users' && filters.length > 0) {
    // One row at most, found by what is unique.
    for (const step of steps) assert.match(step, /\((rowid|contact_email_key)=\?/, description);
    return;
  }
  // A field that a filter fixes sorts nothing.
  const keys = query.sort.filter(({ field }) => !filters.includes(field));
  const branches = 'after' in query.from ? keys.map((_, i) => keys.slice(0, keys.length - i)) : [[]];
  // Users by address are merged from two indexes.
  const byAddress = kind === 'users' && keys[0]?.field === 'contactEmail';
  const firstColumns = byAddress ? ['contact_email_key', 'contact_email'] : [undefined];
  const expected = branches.flatMap((branch) =>
    firstColumns.map((first) => [
      ...filters.map((name) => `${columnOf(kind, name)}=?`),
      // An address that is its own key is at most one row's.
      ...(first === 'contact_email_key' ? branch.slice(0, 1) : branch).map(({ field, descending }, i) => {
        const column = (i === 0 && first) || columnOf(kind, field);
        return `${column}${i < branch.length - 1 ? '=' : descending ? '<' : '>'}?`;
      }),
    ]),
  );
  assert.deepEqual(
    steps.map((step) => (/\((.*)\)/.exec(step)?.[1] ?? '').split(' AND ').filter(Boolean).sort()),
    expected.map((conditions) => conditions.sort()),
    description,
  );
  for (const step of steps) {
    // Without an index a table is in the order of its ids.
    if (keys[0]?.field !== LISTS[kind].id) assert.match(step, / USING (COVERING )?INDEX /, description);
  }
}

/** The order by a field, completed by the id. */
function orderBy(kind: Kind, field: string, descending: boolean): SortKey<string>[] {
  const { id } = LISTS[kind];
  return field === id
    ? [{ field, descending }]
    : [
        { field, descending },
        { field: id, descending },
      ];
}

const page = { limit: 20, count: false };

for (const kind of ['users', 'tasks'] as const) {
  for (const field of Object.keys(LISTS[kind].sort)) {
    for (const descending of [false, true]) {
      test(`${kind} by ${field}, ${descending ? 'descending' : 'ascending'}, are read from an index, also after a cursor position`, (t) => {
        const db = emptyDatabase(t);
        const sort = orderBy(kind, field, descending);
        for (const from of [{ offset: 0 }, positionIn(kind, sort)]) {
          assert.equal(isCheapPage(requestOf(kind, { ...page, filter: {}, sort, from })), true);
          assertInOrder(db, kind, { ...page, filter: {}, sort, from });
        }
      });
    }
  }
}

for (const [kind, filter, fields] of [
  ['users', { contactEmailKey: 'a@example.com' }, ['userId', 'firstName', 'lastName', 'contactEmail']],
  ['users', { userId: 7 }, ['userId', 'firstName', 'lastName', 'contactEmail']],
  ['tasks', { userId: 7 }, ['taskId', 'userId', 'dueDate', 'taskStatus']],
  ['tasks', { taskStatus: 'BLOCKED' }, ['taskId', 'taskStatus', 'dueDate']],
  ['tasks', { userId: 7, taskStatus: 'BLOCKED' }, ['taskId', 'userId', 'taskStatus']],
] as const) {
  test(`${kind} filtered by ${Object.keys(filter).join(' and ')} come from an index by ${fields.join(', ')}`, (t) => {
    const db = emptyDatabase(t);
    for (const field of fields) {
      for (const descending of [false, true]) {
        const sort = orderBy(kind, field, descending);
        for (const from of [{ offset: 0 }, positionIn(kind, sort)]) {
          assert.equal(isCheapPage(requestOf(kind, { ...page, filter, sort, from })), true);
          assertInOrder(db, kind, { ...page, filter, sort, from });
        }
      }
    }
  });
}

/** Every choice of filters, orders by one field, two or three, and where a page can begin. */
function* everyQuery(kind: Kind): Generator<Query> {
  const { id, filters, sort } = LISTS[kind];
  const keys = Object.keys(sort).flatMap((field) => [false, true].map((descending) => ({ field, descending })));
  const orders: SortKey<string>[][] = [];
  for (const first of keys) {
    if (first.field === id) orders.push([first]);
    for (const second of keys) {
      if (first.field === id || second.field === first.field) continue;
      if (second.field === id) orders.push([first, second]);
      else for (const descending of [false, true]) orders.push([first, second, { field: id, descending }]);
    }
  }
  const names = Object.keys(filters);
  for (let choice = 0; choice < 2 ** names.length; choice++) {
    const filter = Object.fromEntries(Object.entries(filters).filter((_, i) => choice & (1 << i)));
    for (const order of orders) {
      for (const from of [{ offset: 0 }, { offset: 200 }, { offset: 201 }, positionIn(kind, order)]) {
        for (const count of [false, true]) yield { filter, sort: order, from, limit: 20, count };
      }
    }
  }
}

for (const kind of ['users', 'tasks'] as const) {
  test(`with any filters and order, cheap lists of ${kind} are read from an index`, (t) => {
    const db = emptyDatabase(t);
    let cheap = 0;
    let dear = 0;
    for (const query of everyQuery(kind)) {
      if (isCheapPage(requestOf(kind, query))) {
        cheap++;
        assertInOrder(db, kind, query);
        assert.ok('after' in query.from || query.from.offset <= 200);
        assert.equal(query.count, false);
      } else {
        dear++;
      }
    }
    assert.ok(cheap > 50 && dear > 50, `${cheap} cheap, ${dear} not`);
  });
}

test('with any filters and order, SQLite can read the list', (t) => {
  const db = emptyDatabase(t);
  for (const kind of ['users', 'tasks'] as const) {
    for (const query of everyQuery(kind)) {
      assert.deepEqual(new PageReader(db).read(requestOf(kind, query)).items, []);
    }
  }
});

test('only lists that are not cheap are read in the list thread', async (t) => {
  const store = openSqliteStore({ file: join(tempFolder(t), 'test.db'), clock: () => 0 });
  t.after(() => store.close());
  const read = t.mock.method(LongListReader.prototype, 'read', async () => ({ items: [], more: false }));
  for (const kind of ['users', 'tasks'] as const) {
    for (const query of everyQuery(kind)) {
      const before = read.mock.callCount();
      const list = kind === 'users' ? store.users.list(query as never) : store.tasks.list(query as never);
      assert.deepEqual((await list).items, []);
      assert.equal(read.mock.callCount() - before, isCheapPage(requestOf(kind, query)) ? 0 : 1);
    }
  }
});

test('due reminders are read from their own index, in order', (t) => {
  const db = emptyDatabase(t);
  for (const sql of [SELECT_DUE_REMINDERS, SELECT_ANY_DUE_REMINDER]) {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const steps = plan.map(({ detail }) => String(detail));
    assert.match(String(steps[0]), /^SEARCH tasks USING (COVERING )?INDEX tasks_to_remind \(remind_at<\?\)$/);
    assert.doesNotMatch(steps.join('\n'), /TEMP B-TREE|SCAN tasks/);
  }
});

test('soft-deleted users are found in their own index', (t) => {
  const db = emptyDatabase(t);
  const plan = db.prepare('EXPLAIN QUERY PLAN SELECT user_id FROM users WHERE deleted = 1 LIMIT 1').all();
  assert.match(String(plan[0]?.detail), /users_deleted/);
});

test('every query of deliveries uses an index', (t) => {
  const db = emptyDatabase(t);
  const statements: string[] = [];
  const recording = {
    prepare(sql: string) {
      statements.push(sql);
      return db.prepare(sql);
    },
  } as unknown as DatabaseSync;
  const connection = { db, clock: Date.now };
  const recorded = { ...connection, db: recording };
  const changes = new ChangeRows(connection);
  new DeliveryRows(recorded, {
    changes,
    consumers: new Consumers(connection, changes),
    webhookRows: new WebhookRows(connection, changes),
    attempts: new AttemptRows(recorded),
  });
  const sort = [{ field: 'deliveryId' as const, descending: true }];
  const lists = [{ webhookId: 1 }, { webhookId: 1, state: 'failed' as const }].flatMap((filter) => {
    return [{ offset: 0 }, { after: [7] }].map((from) => ({ filter, from, sort, limit: 20, count: false }));
  });
  for (const query of lists) {
    assert.equal(isCheap(DELIVERY_LIST, query), true);
    new PageReader({ prepare: recording.prepare } as DatabaseSync).read({ table: DELIVERY_LIST, query });
  }
  const plans = statements.map((sql) => {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    return `${sql}:\n${steps.map(({ detail }) => detail).join('\n')}`;
  });
  assert.ok(
    plans.filter((plan) => /SEARCH (webhook_(deliveries|attempts)|due)/.test(plan)).length >= 13,
    plans.join('\n\n'),
  );
  for (const plan of plans) assert.doesNotMatch(plan, /SCAN (webhook_(deliveries|attempts)|due)|TEMP B-TREE/, plan);
});
