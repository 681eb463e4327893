import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { test } from 'node:test';
import type { ListQuery, SortKey, SortValue } from '../../../src/domain/lists.ts';
import { TASK_STATUSES, type TaskQuery } from '../../../src/domain/tasks.ts';
import { isCheap } from '../../../src/storage/sql/list-sql.ts';
import { LongListReader } from '../../../src/storage/sqlite/long-list-reader.ts';
import { type ListRequest, PageReader } from '../../../src/storage/sqlite/page-reader.ts';
import { Search } from '../../../src/storage/sqlite/search.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { TASKS } from '../../../src/storage/sqlite/tasks.ts';
import { USERS } from '../../../src/storage/sqlite/users.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { emptyDatabase } from './empty-database.ts';

/** The columns of each list's filters and sort fields, and values that they may have. */
const LISTS = {
  users: {
    list: USERS,
    id: 'userId',
    filters: {
      userIds: [7, 8],
      firstName: 'a',
      lastName: 'a',
      contactEmailKey: 'a@example.com',
      updatedSince: 0,
      search: 'a b',
    },
    sort: { userId: 7, firstName: 'a', lastName: 'a', contactEmail: 'a@example.com' },
    columns: {
      ...{ userIds: 'rowid', userId: 'rowid', contactEmailKey: 'contact_email_key', updatedSince: 'updated_at' },
      ...{ firstName: 'first_name', lastName: 'last_name', contactEmail: 'contact_email' },
    },
  },
  tasks: {
    list: TASKS,
    id: 'taskId',
    filters: {
      ...{ userId: 7, taskIds: [7, 8, 9], taskStatus: 'BLOCKED', taskStatuses: ['BLOCKED', 'DEFERRED'] },
      ...{ dueAfter: -5n, dueBefore: 5n, notOverdueAt: 0n, updatedSince: 0, search: 'a b' },
    },
    sort: { taskId: 7, userId: 7, taskTitle: 'a', taskStatus: 'BLOCKED', dueDate: 0n, warningOffset: 0 },
    columns: {
      ...{ taskIds: 'rowid', taskId: 'rowid', userId: 'user_id', taskStatus: 'task_status' },
      ...{ taskStatuses: 'task_status', updatedSince: 'updated_at' },
      ...{ taskTitle: 'task_title', dueDate: 'due_at', warningOffset: 'warning_offset' },
    },
  },
} as const;

type Kind = keyof typeof LISTS;
type Query = ListQuery<Record<string, SortValue | readonly SortValue[]>, string>;

const columnOf = (kind: Kind, name: string): string => (LISTS[kind].columns as Record<string, string>)[name] as string;

/** The statements and plans so far of each database: most requests differ in the values only. */
const prepared = new WeakMap<DatabaseSync, Map<string, { statement: StatementSync; plan: string[] }>>();

function prepareOnce(db: DatabaseSync, sql: string): { statement: StatementSync; plan: string[] } {
  const known = prepared.get(db) ?? new Map();
  prepared.set(db, known);
  let found = known.get(sql);
  if (found === undefined) {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    found = { statement: db.prepare(sql), plan: steps.map(({ detail }) => String(detail)) };
    known.set(sql, found);
  }
  return found;
}

/** How SQLite goes about each statement that reading the list takes, a line a step. */
function plansOf(db: DatabaseSync, request: ListRequest): string[][] {
  const plans: string[][] = [];
  const recording = {
    prepare(sql: string) {
      const { statement, plan } = prepareOnce(db, sql);
      plans.push(plan);
      return statement;
    },
    exec: (sql: string) => db.exec(sql),
    function: db.function.bind(db),
  };
  new PageReader(recording as unknown as DatabaseSync).read(request);
  return plans;
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

/** The sort fields that no filter fixes. */
function sortingKeys({ filter, sort }: Query): SortKey<string>[] {
  return sort.filter(({ field }) => !(field in filter));
}

/** The conditions by which each branch of a page searches its index. */
function expectedSearches(kind: Kind, query: Query): string[][] {
  const { dueAfter, dueBefore, taskStatuses, ...equal } = query.filter;
  const keys = sortingKeys(query);
  const branches = 'after' in query.from ? keys.map((_, i) => keys.slice(0, keys.length - i)) : [[]];
  // Users by address are merged from two indexes; tasks with several statuses from a range for each status.
  const byAddress = kind === 'users' && keys[0]?.field === 'contactEmail';
  const firstColumns = byAddress ? ['contact_email_key', 'contact_email'] : [undefined];
  const fixed = Object.keys(equal).map((name) => `${columnOf(kind, name)}=?`);
  const ownerByDueDate =
    query.filter.userId !== undefined && !('taskStatus' in query.filter) && query.sort[0]?.field === 'dueDate';
  const statuses = (taskStatuses ?? (ownerByDueDate ? TASK_STATUSES : [])) as readonly string[];
  const partitions = statuses.length > 0 ? statuses.map(() => [...fixed, 'task_status=?']) : [fixed];
  return branches.flatMap((branch) =>
    firstColumns.flatMap((first) =>
      partitions.map((conditions) => {
        // An address that is its own key is at most one row's.
        const used = first === 'contact_email_key' ? branch.slice(0, 1) : branch;
        const beyond = used.map(({ field, descending }, i) => {
          const column = (i === 0 && first) || columnOf(kind, field);
          return `${column}${i < branch.length - 1 ? '=' : descending ? '<' : '>'}?`;
        });
        // A due date that a position fixes needs no range.
        const range = beyond.includes('due_at=?')
          ? []
          : [dueAfter !== undefined && 'due_at>?', dueBefore !== undefined && 'due_at<?'].filter(
              (one) => one !== false,
            );
        return [...new Set([...conditions, ...beyond, ...range])];
      }),
    ),
  );
}

/** Checks that given ids are looked up in the table, whatever the order. */
function assertLookedUp(db: DatabaseSync, kind: Kind, query: Query): void {
  const [plan] = plansOf(db, requestOf(kind, query)) as [string[]];
  const steps = plan.filter((line) => new RegExp(`^(SCAN|SEARCH) ${kind}\\b`).test(line));
  assert.ok(steps.length > 0);
  for (const step of steps) assert.match(step, /USING INTEGER PRIMARY KEY \(rowid=\?\)$/, plan.join('\n'));
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
  if ('userIds' in query.filter || 'contactEmailKey' in query.filter) {
    // One row at most, found by what is unique.
    for (const step of steps) assert.match(step, /\((rowid|contact_email_key)=\?/, description);
    return;
  }
  assert.deepEqual(
    // The index of owners contains the id as a column, too.
    steps.map((step) =>
      (/\((.*)\)/.exec(step)?.[1] ?? '').replace('task_id', 'rowid').split(' AND ').filter(Boolean).sort(),
    ),
    expectedSearches(kind, query).map((conditions) => conditions.sort()),
    description,
  );
  const keys = sortingKeys(query);
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
