import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChangeFilter } from '../../../src/domain/changes.ts';
import type { ListQuery } from '../../../src/domain/lists.ts';
import { TASK_STATUSES, type TaskStatus } from '../../../src/domain/tasks.ts';
import { CHANGES } from '../../../src/storage/postgres/changes.ts';
import { Database } from '../../../src/storage/postgres/database.ts';
import { pageQuery } from '../../../src/storage/postgres/lists.ts';
import { CLEAR_DUE_REMINDERS, TASKS as TASK_LIST } from '../../../src/storage/postgres/tasks.ts';
import { USERS as USER_LIST } from '../../../src/storage/postgres/users.ts';
import { toChangeRowQuery } from '../../../src/storage/sql/change-list.ts';
import { isCheap } from '../../../src/storage/sql/list-sql.ts';
import { run, skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';

const TASKS = 20_000;

/** How the server goes about a statement of any parameters, a line a step. */
async function planOf(t: TestContext, url: string, text: string): Promise<string> {
  const db = new Database(url, () => undefined);
  t.after(() => db.close());
  return (await db.query({ text: `EXPLAIN (GENERIC_PLAN) ${text}` })).join('\n');
}

for (const [what, remindAt] of [
  ['none is to be reminded of', 'NULL'],
  ['few are', 'CASE WHEN n % 1000 = 0 THEN n END'],
  ['all are', 'n'],
] as const) {
  test(`due reminders among many tasks are found by an index if ${what}`, async (t) => {
    if (skipWithoutPostgres(t)) return;
    const url = await testDatabase(t);
    await run(
      url,
      // A vacuum while the rows are inserted would count none.
      `ALTER TABLE tasks SET (autovacuum_enabled = false);
       INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
         VALUES ('a', 'b', 'c', 'c', 0, 0);
       INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at, remind_at)
         SELECT 1, 'Write', 'BLOCKED', 'x', n, 0, 0, ${remindAt} FROM generate_series(1, ${TASKS}) AS n`,
    );
    for (const known of [false, true]) {
      if (known) await run(url, 'ANALYZE tasks');
      const plan = await planOf(t, url, CLEAR_DUE_REMINDERS);
      assert.match(plan, /Index Scan using tasks_to_remind on tasks/, plan);
      assert.doesNotMatch(plan, /Seq Scan on tasks/, plan);
    }
  });
}

const USERS = 100;
/** Each is the name of ten users. */
const NAMES = 1_000;

/** A database with many tasks of each user, of each status, and of a few due dates. */
async function databaseWithTasks(t: TestContext): Promise<Database> {
  const url = await testDatabase(t);
  await run(
    url,
    `INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
       SELECT 'a' || n % ${NAMES}, 'b' || n % ${NAMES}, n || '@example.com', n || '@example.com', n, n
         FROM generate_series(1, ${NAMES * 10}) AS n;
     INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
       SELECT (SELECT min(user_id) FROM users) + n % ${USERS}, 'Title ' || n % 1000,
         ('{${TASK_STATUSES.join(',')}}'::text[])[1 + n / 7 % 6], 'x', n / 20, n % 100, n
         FROM generate_series(1, ${TASKS}) AS n;
     ANALYZE users; ANALYZE tasks`,
  );
  const db = new Database(url, () => undefined);
  t.after(() => db.close());
  return db;
}

/** What the server does for a page: the steps, and how many rows it reads. */
async function explain(db: Database, { text, values = [] }: { text: string; values?: unknown[] }) {
  const [[plan]] = (await db.query({ text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values })) as [[[{ Plan: Step }]]];
  const steps = stepsOf(plan[0].Plan);
  const scans = steps.filter((step) => /Scan$/.test(step['Node Type']) && step['Relation Name'] !== undefined);
  return {
    types: steps.map((step) => step['Node Type']),
    read: scans.reduce((sum, step) => sum + step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0), 0),
    text: JSON.stringify(plan[0].Plan, null, 1),
  };
}

interface Step {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: Step[];
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

const OPEN: TaskStatus[] = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED'];
const LIMIT = 20;

/**
 * The rows that a page may read, in each branch. PostgreSQL chooses an index by its statistics: it may read in the order of
 * the ids and skip rows, if it expects every sixth to match.
 */
const MAX_READ = 10 * (LIMIT + 1);

test('cheap lists of tasks read few rows from an index, from the start and after a cursor position', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const db = await databaseWithTasks(t);
  const [[user]] = (await db.query({ text: 'SELECT min(user_id) FROM users' })) as [[number]];
  const own = { userId: user + 7 };
  const range = { dueAfter: 100n, dueBefore: 900n };
  for (const [filter, fields] of [
    [{}, ['taskId', 'userId', 'taskTitle', 'taskStatus', 'dueDate', 'warningOffset']],
    [own, ['taskId', 'userId', 'dueDate', 'taskStatus']],
    [{ taskStatus: 'BLOCKED' }, ['taskId', 'taskStatus', 'dueDate']],
    [{ ...own, taskStatus: 'BLOCKED' }, ['taskId', 'userId', 'taskStatus', 'dueDate']],
    [{ taskStatuses: OPEN }, ['taskId', 'dueDate']],
    [{ ...own, taskStatuses: OPEN }, ['taskId', 'userId', 'dueDate']],
    [range, ['dueDate']],
    [{ ...own, ...range }, ['dueDate']],
    [{ taskStatuses: OPEN, dueBefore: 900n }, ['dueDate']],
    [{ ...own, taskStatuses: OPEN, dueBefore: 900n }, ['dueDate']],
  ] as const) {
    for (const field of fields) {
      for (const descending of [false, true]) {
        const keys = [{ field, descending }];
        const sort = field === 'taskId' ? keys : [...keys, { field: 'taskId' as const, descending }];
        const position = {
          taskId: 10_000,
          userId: own.userId,
          taskTitle: 'Title 5',
          taskStatus: 'BLOCKED',
          dueDate: 500n,
        };
        const after = sort.map((key) => ({ ...position, warningOffset: 50 })[key.field]);
        for (const from of [{ offset: 0 }, { after }]) {
          const query = { filter, sort, from, limit: LIMIT, count: false } as unknown as ListQuery<never, never>;
          assert.equal(isCheap(TASK_LIST as never, query), true);
          const { read, types, text } = await explain(db, pageQuery(TASK_LIST as never, query));
          const what = `${JSON.stringify([Object.keys(filter), sort, Object.keys(from)])}\n${text}`;
          const branches =
            ('after' in from ? sort.length : 1) * ('taskStatuses' in filter ? filter.taskStatuses.length : 1);
          assert.ok(read <= MAX_READ * branches, `${read} rows: ${what}`);
          assert.ok(!types.includes('Seq Scan'), what);
        }
      }
    }
  }
});

test('lists of ids and of exact names read few rows', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const db = await databaseWithTasks(t);
  const page = { from: { offset: 0 }, limit: LIMIT, count: false };
  const [[first]] = (await db.query({ text: 'SELECT min(task_id) FROM tasks' })) as [[number]];
  const taskIds = Array.from({ length: 100 }, (_, i) => first + i * 50);
  for (const field of ['taskId', 'dueDate', 'taskTitle'] as const) {
    const sort = [
      { field, descending: false },
      ...(field === 'taskId' ? [] : [{ field: 'taskId' as const, descending: false }]),
    ];
    const { read, text } = await explain(db, pageQuery(TASK_LIST, { ...page, filter: { taskIds }, sort }));
    assert.ok(read <= 100, `${read} rows: ${text}`);
  }
  for (const [filter, field] of [
    [{ firstName: 'a7' }, 'firstName'],
    [{ lastName: 'b7' }, 'lastName'],
  ] as const) {
    for (const sort of [
      [{ field: 'userId', descending: true }],
      [field, 'userId'].map((one) => ({ field: one, descending: true })),
    ]) {
      const { read, text } = await explain(db, pageQuery(USER_LIST as never, { ...page, filter, sort } as never));
      assert.ok(read <= LIMIT + 1, `${read} rows: ${text}`);
    }
  }
});

const CHANGES_LOGGED = 50_000;
const MINUTE_MS = 60_000;

test('changes of a period are found by a range of sequence numbers, in partitions and after a cursor position', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  await run(
    url,
    `ALTER TABLE changes DETACH PARTITION changes_1;
     ALTER TABLE changes ATTACH PARTITION changes_1 FOR VALUES FROM (MINVALUE) TO (${CHANGES_LOGGED / 2});
     CREATE TABLE changes_2 PARTITION OF changes FOR VALUES FROM (${CHANGES_LOGGED / 2}) TO (MAXVALUE);
     INSERT INTO changes (sequence, at, type, actor, user_id, task_id)
       SELECT n, n * ${MINUTE_MS}::bigint, 'task.created', n % 3, n % 100, n FROM generate_series(1, ${CHANGES_LOGGED}) AS n;
     ANALYZE changes`,
  );
  const db = new Database(url, () => undefined);
  t.after(() => db.close());
  // A day is 1,440 entries, and an hour at both ends is read as well.
  const [first, last, maxRead] = [40_000, 41_440, 1_440 + 120 + 2];
  const period = { changedAfter: first * MINUTE_MS, changedBefore: last * MINUTE_MS };
  const filters: ChangeFilter[] = [
    { ...period, types: ['user.deleted', 'user.created'] },
    { ...period, actor: 'x' },
    { ...period, userId: 7, types: ['user.deleted'] },
  ];
  for (const filter of filters) {
    for (const descending of [false, true]) {
      for (const from of [{ offset: 0 }, { after: [first + 700] }]) {
        const sort = [{ field: 'sequence' as const, descending }];
        const query = toChangeRowQuery({ filter, sort, from, limit: LIMIT, count: false });
        assert.equal(isCheap(CHANGES, query), false);
        const { read, text } = await explain(db, pageQuery(CHANGES, query));
        assert.ok(read <= maxRead, `${read} rows: ${JSON.stringify([filter, sort, from])}\n${text}`);
      }
    }
  }
});
