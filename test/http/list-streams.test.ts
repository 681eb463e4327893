import assert from 'node:assert/strict';
import { test as testOnSqlite } from 'node:test';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { createTasks, LINES, linesOf } from '../support/list-stream.ts';

const accept = { accept: LINES };

testOnBothDatabases('Accept: application/x-ndjson returns the whole list, an item on each line', async (t) => {
  const { post, request } = await testApp(t);
  const empty = await request({ url: '/tasks', headers: accept });
  assert.deepEqual([empty.statusCode, empty.payload], [200, '']);
  for (let i = 0; i < 3; i++) await post('/users', { ...JOHN, contactEmail: `john${i}@example.com` });
  const task = { userId: 1, taskTitle: '"Ünïcode" \u2028 \\ \u0001', dueDate: '2026-06-30T17:00', warningOffset: 60 };
  for (const more of [{ taskDescription: 'a\nb' }, {}]) await post('/tasks', { ...task, ...more });
  for (const name of ['users', 'tasks']) {
    const page = await request({ url: `/${name}` });
    assert.match(String(page.headers['content-type']), /^application\/json/);
    assert.equal(page.headers.vary, 'Accept');
    const lines = await request({ url: `/${name}`, headers: accept });
    assert.equal(lines.statusCode, 200);
    assert.equal(lines.headers['content-type'], LINES);
    assert.equal(lines.headers.vary, 'Accept');
    assert.deepEqual([lines.headers.etag, lines.headers.link], [undefined, undefined]);
    // The bytes of the items are the same.
    const items = lines.payload.trimEnd().split('\n');
    assert.equal(page.payload, `{"${name}":[${items.join(',')}]}`);
    assert.ok(lines.payload.endsWith('\n'));
  }
});

testOnBothDatabases('filters and sorts apply to a stream of several pages', async (t) => {
  const app = await testApp(t);
  await createTasks(app, 1_500);
  const headers = accept;
  for (const query of [
    '',
    '?_sort=-taskId',
    '?_sort=taskTitle,-warningOffset',
    '?taskStatus=BLOCKED&_sort=-dueDate',
    '?userId=1&_sort=dueDate',
    '?userId=2',
    '?_search=task&_sort=-dueDate',
    '?_search=task+1&overdue=true',
    '?updatedSince=1970-01-01T00:00:00Z&_sort=warningOffset',
    '?updatedSince=2026-01-01T00:00:00Z',
  ]) {
    const lines = linesOf(await app.request({ url: `/tasks${query}`, headers }));
    const items: unknown[] = [];
    for (let url: string | undefined = `/tasks${query || '?'}&_perPage=100`; url !== undefined; ) {
      const page = await app.request({ url });
      items.push(...page.json().tasks);
      url = /<([^>]*)>; rel="next"/.exec(String(page.headers.link))?.[1];
    }
    assert.deepEqual(lines, items, query);
  }
});

testOnBothDatabases('a stream rejects the parameters of pages, and a HEAD has no body', async (t) => {
  const { request } = await testApp(t);
  const headers = accept;
  const rejected = await request({ url: '/tasks?_perPage=5&_page=0&_cursor=abc.def&taskStatus=DONE', headers });
  assert.equal(rejected.statusCode, 400);
  assert.deepEqual(
    rejected.json().details.map(({ field, reason }: Record<string, string>) => [field, reason]),
    [
      ['_page', 'Invalid value'],
      ['_perPage', 'Invalid value'],
      ['_cursor', 'Invalid value'],
      ['taskStatus', 'Invalid value'],
    ],
  );
  assert.equal(
    rejected.json().message,
    'The parameter `_page` is not allowed with `Accept: application/x-ndjson`, which returns the whole list',
  );
  assert.equal((await request({ url: '/users?_perPage=5', headers: { accept: `${LINES};q=0` } })).statusCode, 200);
  const head = await request({ method: 'HEAD', url: '/users', headers });
  assert.deepEqual([head.statusCode, head.headers['content-type'], head.payload], [200, LINES, '']);
  assert.equal((await request({ method: 'HEAD', url: '/users?_page=1', headers })).statusCode, 400);
});

testOnBothDatabases('a stream needs the scope, and a user token streams its own data', async (t) => {
  const app = await testApp(t);
  const { post, request, token } = app;
  await createTasks(app, 300);
  await post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  await post('/tasks', { userId: 2, taskTitle: 'Own', dueDate: '2026-06-30T17:00:00Z', warningOffset: 0 });
  const headers = accept;
  const users = await token({ scopes: ['users:read'] });
  assert.equal((await request({ url: '/tasks', headers, token: users })).statusCode, 403);
  const jane = await token({ scopes: ['users:read', 'tasks:read'], userId: 2 });
  const tasks = linesOf(await request({ url: '/tasks', headers, token: jane }));
  assert.deepEqual(
    tasks.map(({ userId, taskTitle }) => [userId, taskTitle]),
    [[2, 'Own']],
  );
  assert.deepEqual(linesOf(await request({ url: '/tasks?userId=1', headers, token: jane })), []);
  assert.deepEqual(
    linesOf(await request({ url: '/users', headers, token: jane })).map(({ userId }) => userId),
    [2],
  );
  const john = await token({ scopes: ['tasks:read'], userId: 1 });
  assert.equal(linesOf(await request({ url: '/tasks', headers, token: john })).length, 300);
});

testOnBothDatabases('Vary names Origin, too, if other origins are allowed', async (t) => {
  const { request } = await testApp(t, { settings: { corsOrigins: 'https://app.example.com' } });
  for (const url of ['/users', '/tasks', '/events']) {
    const { headers } = await request({ url, headers: { origin: 'https://app.example.com' } });
    assert.equal(headers.vary, 'Origin, Accept', url);
  }
});

testOnSqlite('SQLite: a soft-deleted user and its tasks are not streamed', async (t) => {
  const app = await testApp(t);
  await createTasks(app, 1_000);
  await app.request({ method: 'DELETE', url: '/users/1' });
  for (const url of ['/users', '/tasks', '/tasks?_sort=taskTitle']) {
    assert.equal((await app.request({ url, headers: accept })).payload, '', url);
  }
});

testOnSqlite('SQLite: a stream past its time limit gets 503', async (t) => {
  const app = await testApp(t, { store: { streamTimeoutMs: 0 } });
  await createTasks(app, 1_000);
  const response = await app.request({ url: '/tasks', headers: accept });
  assert.equal(response.statusCode, 503);
  const { err } = app.log.find(({ msg }) => msg === 'request failed') as { err: Error };
  assert.equal(err.message, 'SQLite: a stream waited 0 ms for rows');
});
