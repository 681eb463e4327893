import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import type { Store } from '../../src/domain/store.ts';
import type { TaskQuery } from '../../src/domain/tasks.ts';
import { distinctWordsOf } from '../../src/formats/words.ts';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { MAX_FOUND } from '../../src/storage/sql/search-words.ts';
import { PageReader } from '../../src/storage/sqlite/page-reader.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { TASKS } from '../../src/storage/sqlite/tasks.ts';
import { anyText } from '../formats/texts.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import fc from '../support/fast-check.ts';
import { run } from '../support/postgres.ts';
import { newDatabase, type TestDatabase } from '../support/stores.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const TASK = { taskStatus: 'BLOCKED' as const, dueDate: '2030-01-01T00:00:00Z', dueAt: 0n, warningOffset: 0 };
const ADA = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'a@x.org', contactEmailKey: 'a@x.org' };
const PAGE = { sort: [{ field: 'taskId' as const, descending: false }], from: { offset: 0 }, limit: 1000, count: true };

async function idsFound(store: Store, search: string, more: Partial<TaskQuery> = {}): Promise<number[]> {
  const { items, total } = await store.tasks.list({ ...PAGE, filter: { search }, ...more });
  if (total !== undefined && items.length < 1000) assert.equal(total, items.length);
  return items.map(({ taskId }) => taskId);
}

/** Each text is the title of a task. */
const titles = fc.array(
  anyText.filter((text) => text !== ''),
  { minLength: 1, maxLength: 40 },
);

/** Searches that find something: the starts of some words of some texts; and any others. */
function searchesOf(texts: string[], numbers: number[]): string[] {
  const words = [...new Set(texts.flatMap(distinctWordsOf))];
  const start = (n: number) => {
    const word = [...(words[n % words.length] ?? 'none')];
    return word.slice(0, 1 + (n % word.length)).join('');
  };
  return numbers.map((n, i) => {
    const text = texts[n % texts.length] as string;
    const some = i % 3 === 0 ? [start(n)] : i % 3 === 1 ? distinctWordsOf(text).slice(0, 8) : [start(n), start(n + 1)];
    return distinctWordsOf(some.join(' ')).join(' ') || 'none';
  });
}

testOnBothDatabases('a search finds the rows whose words start with its words, in any script', async (t) => {
  const { open } = await newDatabase(t, Date.now);
  const store = open();
  const { userId } = created(await store.users.create(ADA, ACTOR));
  const numbers = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 20 });
  let found = 0;
  await fc.assert(
    fc.asyncProperty(titles, numbers, async (texts, choices) => {
      const create = (taskTitle: string) =>
        store.tasks.create({ ...TASK, userId, taskTitle, taskDescription: null }, ACTOR);
      const tasks = (await Promise.all(texts.map(create))).map(created);
      try {
        for (const search of searchesOf(texts, choices)) {
          const starts = search.split(' ');
          const expected = tasks.filter(({ taskTitle }) => {
            const words = distinctWordsOf(taskTitle);
            return starts.every((one) => words.some((word) => word.startsWith(one)));
          });
          found += expected.length;
          assert.deepEqual(
            await idsFound(store, search),
            expected.map(({ taskId }) => taskId),
            search,
          );
        }
      } finally {
        await Promise.all(tasks.map(({ taskId }) => store.tasks.delete(taskId, ACTOR)));
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
  assert.ok(found > 300, `${found} rows found`);
});

for (const [amount, tasks] of [
  ['little', 3],
  ['much', 40],
] as const) {
  test(`the words of a deleted user with ${amount} data are no longer in the SQLite file`, async (t) => {
    const file = join(tempFolder(t), 'test.db');
    const store = openSqliteStore({ file, clock: Date.now });
    let open = true;
    const close = async () => {
      if (open) await store.close();
      open = false;
    };
    t.after(close);
    const others = created(await store.users.create(ADA, ACTOR));
    const user = {
      firstName: 'Qwvxone',
      lastName: 'Zzkjtwo',
      contactEmail: 'yyqf@x.org',
      contactEmailKey: 'yyqf@x.org',
    };
    const { userId } = created(await store.users.create(user, ACTOR));
    const texts = { taskTitle: 'Jjwqthree', taskDescription: 'hhgzfour' };
    for (let i = 0; i < tasks; i++) {
      // Other words are stored beside them, in the same transactions.
      await Promise.all([
        store.tasks.create({ ...TASK, ...texts, userId }, ACTOR),
        store.tasks.create({ ...TASK, userId: others.userId, taskTitle: `kept ${i}`, taskDescription: null }, ACTOR),
      ]);
    }
    await store.tasks.update(1, { taskTitle: 'Xxvkfive' }, ACTOR);
    await store.users.update(userId, { firstName: 'Vvbxsix' }, ACTOR);
    assert.equal(await store.users.delete(userId, ACTOR), true);
    const hasRows = () => {
      const db = new DatabaseSync(file, { readOnly: true });
      const row = db.prepare('SELECT 1 FROM users WHERE user_id = ?').get(userId);
      db.close();
      return row !== undefined;
    };
    await waitFor(() => !hasRows(), { message: 'the user is not purged' });
    assert.equal((await idsFound(store, 'kept')).length, tasks);
    await close();
    const bytes = readFileSync(file).toString('latin1').toLowerCase();
    assert.ok(bytes.includes('kept'));
    for (const word of ['qwvxone', 'zzkjtwo', 'yyqf', 'jjwqthree', 'hhgzfour', 'xxvkfive', 'vvbxsix']) {
      // FTS5 stores words without what they have in common with the word before, here at most one letter.
      assert.ok(!bytes.includes(word.slice(1)), word);
    }
    const db = new DatabaseSync(file);
    db.exec("INSERT INTO task_search (task_search) VALUES ('integrity-check')");
    db.close();
  });
}

/** More tasks than one search reads from the index: half have each word, some hundreds a third one, and few a fourth. */
const MANY = 3 * MAX_FOUND;

/** A database to which the tasks were written by a program that stored no words. */
async function withOldTasks(t: TestContext): Promise<TestDatabase & { store: Store }> {
  const database = await newDatabase(t, Date.now);
  const { sql, directUrl } = database;
  const title = `CASE n % 2 WHEN 0 THEN 'Éven' ELSE 'Odd' END
    || CASE WHEN n % 5000 = 3 THEN ' rare' WHEN n % 100 = 7 THEN ' some' ELSE '' END`;
  await database.openToClose().close();
  await sql(`
    INSERT INTO users (user_id, first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
      VALUES (1, 'Ada', 'Lovelace', 'a@x.org', 'a@x.org', 0, 0);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${MANY})
    INSERT INTO tasks (task_id, user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
      SELECT n, 1, ${title} || ' task', 'BLOCKED', '2030-01-01T00:00:00Z', -n, 0, n FROM numbers;
    UPDATE search_rules SET rules = 'older'`);
  if (engineOf(t) === 'postgres') {
    await migrate(directUrl);
    await sql('ANALYZE');
  }
  return { ...database, store: database.open() };
}

testOnBothDatabases('words of rows that were stored before are found, however many rows have them', async (t) => {
  const { store } = await withOldTasks(t);
  const users = { ...PAGE, sort: [{ field: 'userId' as const, descending: false }] };
  assert.equal((await store.users.list({ ...users, filter: { search: 'lovelace x' } })).total, 1);
  const byDue = {
    sort: [
      { field: 'dueDate' as const, descending: false },
      { field: 'taskId' as const, descending: false },
    ],
  };
  const few = { limit: 3, count: false };
  const all = ['even', 'odd', 'task', 'some', 'rare', 'e', 'none'];
  for (const [search, expected, lastDue] of [
    ['even', [2, 4, 6], [MANY, MANY - 2, MANY - 4]],
    ['odd task', [1, 3, 5], [MANY - 1, MANY - 3, MANY - 5]],
    ['rare', [3, 5003, 10003], [25003, 20003, 15003]],
    ['task rare', [3, 5003, 10003], [25003, 20003, 15003]],
    ['even rare', [], []],
    ['some', [7, 107, 207], [29907, 29807, 29707]],
    ['some task', [7, 107, 207], [29907, 29807, 29707]],
    ['some even', [], []],
    ['some rare', [], []],
    ['even odd', [], []],
  ] as const) {
    assert.deepEqual(await idsFound(store, search, few), expected, search);
    assert.deepEqual(await idsFound(store, search, { ...few, ...byDue }), lastDue, search);
    const after = { after: [expected[0] ?? 0] };
    assert.deepEqual(await idsFound(store, search, { ...few, from: after, limit: 2 }), expected.slice(1), search);
    const filter = { search, userId: 1, updatedSince: 1 };
    assert.deepEqual(await idsFound(store, search, { ...few, filter }), expected, search);
    assert.deepEqual(await idsFound(store, search, { ...few, filter: { ...filter, userId: 2 } }), [], search);
  }
  for (const search of all) {
    const { total } = await store.tasks.list({ ...PAGE, limit: 1, filter: { search } });
    const halves = { even: MANY / 2, e: MANY / 2, odd: MANY / 2 };
    const expected = { ...halves, task: MANY, some: MANY / 100, rare: MANY / 5000, none: 0 }[search];
    assert.equal(total, expected, search);
    let lines = 0;
    for await (const chunk of store.tasks.stream({ ...PAGE, filter: { search } }, t.signal)) {
      lines += Buffer.from(chunk).toString().split('\n').length - 1;
    }
    assert.equal(lines, expected, search);
  }
});

testOnBothDatabases('if reading in the order of the list takes too long, the index finds the rows', async (t) => {
  const { store, databaseUrl } = await withOldTasks(t);
  const few = { limit: 3, count: false };
  if (engineOf(t) === 'sqlite') {
    // The list thread has its own clock, so the time passes in this one.
    let now = 0;
    t.mock.method(performance, 'now', () => (now += 1000));
    const db = new DatabaseSync(databaseUrl.slice('file:'.length), { readOnly: true });
    const query = { ...PAGE, ...few, filter: { search: 'even task' } };
    const { items } = new PageReader(db, () => undefined).read({ table: TASKS.table, query });
    db.close();
    assert.deepEqual(
      items.map(([id]) => id),
      [2, 4, 6],
    );
    return;
  }
  // The table is locked for longer than the first attempt takes.
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
  const ids = idsFound(store, 'even task', few);
  await run(databaseUrl, 'SELECT pg_sleep(0.6)');
  await client.end();
  assert.deepEqual(await ids, [2, 4, 6]);
});
