import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SortKey, SortValue } from '../../../src/domain/lists.ts';
import type { TaskQuery } from '../../../src/domain/tasks.ts';
import { LongListReader } from '../../../src/storage/sqlite/long-list-reader.ts';
import { PageReader } from '../../../src/storage/sqlite/page-reader.ts';
import { Search } from '../../../src/storage/sqlite/search.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { emptyDatabase } from './empty-database.ts';
import {
  assertInOrder,
  assertLookedUp,
  isCheapPage,
  type Kind,
  LISTS,
  orderBy,
  page,
  plansOf,
  positionIn,
  type Query,
  requestOf,
} from './list-plans.ts';

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

const ANY_STATUS = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED'];

for (const [kind, filter, fields] of [
  ['users', { contactEmailKey: 'a@example.com' }, ['userId', 'firstName', 'lastName', 'contactEmail']],
  ['users', { firstName: 'a' }, ['userId', 'firstName']],
  ['users', { lastName: 'a' }, ['userId', 'lastName']],
  ['tasks', { userId: 7 }, ['taskId', 'userId', 'dueDate', 'taskStatus']],
  ['tasks', { taskStatus: 'BLOCKED' }, ['taskId', 'taskStatus', 'dueDate']],
  ['tasks', { userId: 7, taskStatus: 'BLOCKED' }, ['taskId', 'userId', 'taskStatus', 'dueDate']],
  ['tasks', { taskStatuses: ANY_STATUS }, ['taskId', 'dueDate']],
  ['tasks', { userId: 7, taskStatuses: ANY_STATUS }, ['taskId', 'userId', 'dueDate']],
  ['tasks', { dueAfter: -5n, dueBefore: 5n }, ['dueDate']],
  ['tasks', { dueAfter: -5n }, ['dueDate']],
  ['tasks', { userId: 7, dueBefore: 5n }, ['dueDate']],
  ['tasks', { taskStatus: 'BLOCKED', dueBefore: 5n }, ['dueDate']],
  ['tasks', { taskStatuses: ANY_STATUS, dueBefore: 5n }, ['dueDate']],
  ['tasks', { userId: 7, taskStatus: 'BLOCKED', dueAfter: -5n }, ['dueDate']],
  ['tasks', { userId: 7, taskStatuses: ANY_STATUS, dueAfter: -5n, dueBefore: 5n }, ['dueDate']],
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

/** Every choice of up to three of the filters. */
function choices(filters: Query['filter']): Query['filter'][] {
  let chosen: [string, SortValue | readonly SortValue[]][][] = [[]];
  for (const entry of Object.entries(filters)) {
    chosen = chosen.concat(chosen.filter(({ length }) => length < 3).map((some) => [...some, entry]));
  }
  return chosen.map((some) => Object.fromEntries(some));
}

/** Every choice of filters, orders by one field, two or three, and where a page can begin. */
function* everyQuery(kind: Kind): Generator<Query> {
  const { id, filters, sort } = LISTS[kind];
  const keys = Object.keys(sort).flatMap((field) => [false, true].map((descending) => ({ field, descending })));
  const orders: SortKey<string>[][] = [];
  const byTwo: SortKey<string>[][] = [];
  for (const first of keys) {
    if (first.field === id) orders.push([first]);
    for (const second of keys) {
      if (first.field === id || second.field === first.field) continue;
      if (second.field === id) orders.push([first, second]);
      else for (const descending of [false, true]) byTwo.push([first, second, { field: id, descending }]);
    }
  }
  // Orders by two fields are treated alike, so some are enough.
  orders.push(...byTwo.filter((_, i) => i % 9 === 0));
  for (const filter of choices(filters)) {
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
        if ('userIds' in query.filter || 'taskIds' in query.filter) assertLookedUp(db, kind, query);
        else assertInOrder(db, kind, query);
        assert.ok('after' in query.from || query.from.offset <= 200);
        assert.equal(query.count, false);
      } else {
        dear++;
      }
    }
    assert.ok(cheap > 50 && dear > 50, `${cheap} cheap, ${dear} not`);
  });
}

for (const kind of ['users', 'tasks'] as const) {
  test(`frequent words are compared with ${kind} in the order of the index that serves the list without them`, (t) => {
    const db = emptyDatabase(t);
    t.mock.method(Search.prototype, 'fewRows', () => undefined);
    t.mock.method(Search.prototype, 'rareWords', () => []);
    for (const query of everyQuery(kind)) {
      const { search, ...filter } = query.filter;
      const plain = requestOf(kind, { ...query, filter });
      if (search === undefined || !isCheapPage(plain)) continue;
      assert.deepEqual(plansOf(db, requestOf(kind, query)), plansOf(db, plain));
    }
  });

  for (const few of [true, false]) {
    const how = few ? 'that few rows with the word have' : 'that the index of words gives';
    test(`if a word is rare, ${kind} are looked up by the ids ${how}`, (t) => {
      const db = emptyDatabase(t);
      if (!few) t.mock.method(Search.prototype, 'fewRows', () => undefined);
      const source = few ? 'json_each' : `${kind.slice(0, -1)}_search`;
      for (const query of everyQuery(kind)) {
        const { search, userIds, taskIds } = query.filter;
        if (search === undefined || userIds !== undefined || taskIds !== undefined) continue;
        const [page = [], ...others] = plansOf(db, requestOf(kind, query)).filter(
          (plan) => !/SCAN .*_words/.test(String(plan)),
        );
        const steps = page.filter((line) => new RegExp(`^(SCAN|SEARCH) ${kind}\\b`).test(line));
        assert.deepEqual([...new Set(steps)], [`SEARCH ${kind} USING INTEGER PRIMARY KEY (rowid=?)`]);
        assert.match(page.join('\n'), new RegExp(`SCAN ${source} VIRTUAL TABLE INDEX`));
        assert.equal(others.length, query.count ? 1 : 0);
      }
    });
  }
}

test('with any filters and order, SQLite can read the list', (t) => {
  const reader = new PageReader(emptyDatabase(t));
  for (const kind of ['users', 'tasks'] as const) {
    for (const query of everyQuery(kind)) {
      assert.deepEqual(reader.read(requestOf(kind, query)).items, []);
    }
  }
});

test('a list of the list thread looks for soft-deleted owners only if there is one', (t) => {
  const db = emptyDatabase(t);
  db.exec(`
    INSERT INTO users (user_id, first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
      VALUES (1, 'a', 'a', 'a@example.com', 'a@example.com', 0, 0), (2, 'b', 'b', 'b@example.com', 'b@example.com', 0, 0);
    INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
      VALUES (1, 'a', 'BLOCKED', '', 1, 0, 0), (2, 'b', 'BLOCKED', '', 2, 0, 0), (1, 'c', 'BLOCKED', '', 3, 0, 0)`);
  const prepare = t.mock.method(db, 'prepare');
  const reader = new PageReader(db, () => undefined);
  const request = requestOf('tasks', {
    ...{ filter: {}, sort: [{ field: 'dueDate', descending: false }], from: { offset: 1 }, limit: 10, count: true },
  });
  const ids = () => reader.read(request).items.map(([id]) => id);
  assert.deepEqual(ids(), [2, 3]);
  const statements = prepare.mock.calls
    .map(({ arguments: [sql] }) => String(sql))
    .filter((sql) => sql.includes('FROM tasks'));
  assert.equal(statements.length, 2);
  for (const sql of statements) assert.doesNotMatch(sql, /users/);
  db.exec('UPDATE users SET deleted = 1 WHERE user_id = 2');
  assert.deepEqual(ids(), [3]);
  assert.equal(reader.read(request).total, 2);
});

/** The query of the repository that becomes this query of the rows. */
function toTaskQuery({ filter: { taskStatus, notOverdueAt, ...filter }, ...query }: Query): TaskQuery {
  const status = taskStatus !== undefined && { taskStatuses: [taskStatus] };
  const overdue = notOverdueAt !== undefined && { overdue: false };
  return { ...query, at: Number(notOverdueAt ?? 0), filter: { ...filter, ...status, ...overdue } } as never;
}

test('only lists that are not cheap are read in the list thread', async (t) => {
  const store = openSqliteStore({ file: join(tempFolder(t), 'test.db'), clock: () => 0 });
  t.after(() => store.close());
  const read = t.mock.method(LongListReader.prototype, 'read', async () => ({ items: [], more: false }));
  for (const kind of ['users', 'tasks'] as const) {
    for (const query of everyQuery(kind)) {
      const before = read.mock.callCount();
      if ('taskStatus' in query.filter && 'taskStatuses' in query.filter) continue;
      const list = kind === 'users' ? store.users.list(query as never) : store.tasks.list(toTaskQuery(query));
      assert.deepEqual((await list).items, []);
      assert.equal(read.mock.callCount() - before, isCheapPage(requestOf(kind, query)) ? 0 : 1);
    }
  }
});

test('the tasks of an owner are read from an index alone', (t) => {
  const db = emptyDatabase(t);
  for (const descending of [false, true]) {
    const sort = orderBy('tasks', 'taskId', descending);
    for (const from of [{ offset: 0 }, positionIn('tasks', sort)]) {
      const [plan] = plansOf(db, requestOf('tasks', { ...page, filter: { userId: 7 }, sort, from })) as [string[]];
      assert.match(String(plan[0]), /^SEARCH tasks USING COVERING INDEX tasks_by_user /, plan.join('\n'));
    }
  }
});
