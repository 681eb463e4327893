import assert from 'node:assert/strict';
import { test as testOnSqlite } from 'node:test';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';

/** The user John with many tasks in random order. */
async function createTasks({ post, sql }: TestApp, count: number): Promise<void> {
  await post('/users', JOHN);
  await sql(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
       SELECT 1, 'Task ' || CAST(i * 7919 % 100003 AS TEXT), 'BLOCKED', '2026-01-01T00:00:00Z', i, i % 64000, 0 FROM n`,
  );
}

/** A list in an order without an index. */
const DEEP = '/tasks?_sort=taskTitle,-warningOffset&_perPage=1&_page=';

testOnBothDatabases(
  'a token with many slow lists does not delay the lists of other tokens',
  {
    responsesDiffer: 'which requests find too many lists in flight is a matter of time',
  },
  async (t) => {
    const app = await testApp(t);
    await createTasks(app, 20_000);
    const [greedy, other] = [await app.token(), await app.token()];
    for (const token of [greedy, other]) await app.request({ url: '/tasks/1', token });
    let listed = 0;
    const floods = Array.from({ length: 60 }, async (_, i) => {
      const response = await app.request({ url: `${DEEP}${19_000 + i}`, token: greedy });
      if (response.statusCode === 200) listed++;
      return response;
    });
    const cheap = app.request({ url: '/tasks/1', token: greedy });
    const own = await app.request({ url: `${DEEP}19999`, token: other });
    assert.equal(own.statusCode, 200);
    assert.ok(listed < 10, `${listed} lists came first`);
    assert.equal((await cheap).statusCode, 200, 'indexed lists are not limited');
    const responses = await Promise.all(floods);
    const rejected = responses.filter(({ statusCode }) => statusCode === 503);
    assert.deepEqual([listed, rejected.length], [10, 50]);
    for (const { headers } of rejected) assert.equal(headers['retry-after'], '1');
    assert.equal((await app.request({ url: `${DEEP}0`, token: greedy })).statusCode, 200, 'the token can list again');
  },
);

testOnSqlite('SQLite: a list past its time limit is aborted, and the next one succeeds', async (t) => {
  const app = await testApp(t, { store: { listTimeout: 0 } });
  await createTasks(app, 1_000);
  await app.sql(
    `INSERT INTO changes (at, type, actor) SELECT 0, 'task.created', '7' FROM tasks;
     UPDATE changes SET user_id = 1`,
  );
  for (const url of [
    `${DEEP}900`,
    '/tasks?_page=900&_perPage=1',
    '/tasks?_sort=taskTitle&taskStatus=BLOCKED',
    '/tasks?updatedSince=1970-01-01T00:00:00Z&_sort=taskTitle&userId=1',
    '/audit?type=user.deleted',
    '/audit?actor=8&userId=1',
    '/audit?changedBefore=1970-01-02T00:00:00Z&actor=8',
  ]) {
    const response = await app.request({ url });
    assert.deepEqual([response.statusCode, response.headers['retry-after']], [503, '1'], url);
  }
  const counted = await app.request({ url: '/tasks', headers: { prefer: 'count=exact' } });
  assert.equal(counted.statusCode, 503);
  const empty = await app.request({ url: '/tasks?userId=7&_sort=taskTitle', headers: { prefer: 'count=exact' } });
  assert.deepEqual([empty.statusCode, empty.headers['x-total-count']], [200, '0']);
  const { err } = app.log.find(({ msg }) => msg === 'request failed') as { err: Error };
  assert.equal(err.message, 'SQLite: a list took longer than 0 ms');
});
