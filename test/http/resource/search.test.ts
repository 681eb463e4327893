import assert from 'node:assert/strict';
import { testApp } from '../../support/app.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';

type App = Awaited<ReturnType<typeof testApp>>;

const DUE = { dueDate: '2030-01-01T00:00:00Z', warningOffset: 0 };

/** Creates a user, and tasks with these titles and descriptions. */
async function createTasks(
  { post }: App,
  tasks: [title: string, description?: string][],
  name = 'ada',
): Promise<number> {
  const user = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: `${name}@example.com` };
  const { userId } = (await post('/users', user)).json();
  for (const [taskTitle, taskDescription] of tasks) {
    const response = await post('/tasks', { userId, taskTitle, taskDescription, ...DUE });
    assert.equal(response.statusCode, 201);
  }
  return userId;
}

/** The ids that a list returns. */
async function found({ request }: App, url: string, query: Record<string, string>, token?: string): Promise<number[]> {
  const response = await request({
    url: `${url}?${new URLSearchParams(query)}`,
    ...(token !== undefined && { token }),
  });
  assert.equal(response.statusCode, 200, response.body);
  const { tasks, users } = response.json();
  return (tasks ?? users).map(({ taskId, userId }: Record<string, number>) => taskId ?? userId);
}

const searches =
  (app: App) =>
  (text: string, more: Record<string, string> = {}, token?: string) =>
    found(app, '/tasks', { _search: text, ...more }, token);

testOnBothDatabases('GET /tasks?_search finds the beginnings of words in title and description', async (t) => {
  const app = await testApp(t);
  await createTasks(app, [
    ['Reise nach München', 'Flug buchen'],
    ['Write the report', "the board's figures, Q3_2026"],
    ['東京都庁に行く'],
    ['Call O’Brien', 'Straße 7; write to john.doe@example.com'],
    ['!!!'],
  ]);
  const search = searches(app);
  assert.deepEqual(await search('munchen'), [1]);
  assert.deepEqual(await search('MU\u0308NCH'), [1]);
  assert.deepEqual(await search('flug reise'), [1]);
  assert.deepEqual(await search('flug report'), []);
  assert.deepEqual(await search('uchen'), [], 'only the beginning of a word matches');
  assert.deepEqual(await search('t'), [2, 4]);
  assert.deepEqual(await search('2026 BOARD'), [2]);
  assert.deepEqual(await search('都庁'), [3]);
  assert.deepEqual(await search("o'brien strasse"), [4]);
  assert.deepEqual(await search('john.doe@example.com'), [4]);
  assert.deepEqual(await search('"report" OR *'), [], 'nothing has a meaning but the words');
  assert.deepEqual(await search('nothing'), []);
});

testOnBothDatabases('GET /users?_search finds names and addresses', async (t) => {
  const app = await testApp(t);
  const people = [
    ['Zoë', 'Müller', 'zm@example.com'],
    ['Ann', 'O’Neill', 'ann.zoellner@bücher.example'],
    ['Иван', 'Ёлкин', 'ivan@example.org'],
  ] as const;
  for (const [firstName, lastName, contactEmail] of people) {
    assert.equal((await app.post('/users', { firstName, lastName, contactEmail })).statusCode, 201);
  }
  const search = (text: string) => found(app, '/users', { _search: text });
  assert.deepEqual(await search('zoe'), [1, 2]);
  assert.deepEqual(await search('muller zoe'), [1]);
  assert.deepEqual(await search('bucher'), [2]);
  assert.deepEqual(await search('елкин'), [3]);
  assert.deepEqual(await search('example'), [1, 2, 3]);
  assert.deepEqual(await search('example org'), [3]);
});

testOnBothDatabases('_search follows changes and deletions', async (t) => {
  const app = await testApp(t);
  const owner = await createTasks(app, [['Alpha'], ['Beta', 'old text'], ['Gamma']]);
  const search = searches(app);
  await app.patch('/tasks/1', { taskTitle: 'Omega' });
  assert.deepEqual([await search('alpha'), await search('omega')], [[], [1]]);
  await app.patch('/tasks/2', { taskDescription: null });
  assert.deepEqual([await search('old'), await search('beta')], [[], [2]]);
  await app.patch('/tasks/2', { taskStatus: 'BLOCKED' });
  assert.deepEqual(await search('beta'), [2]);
  await app.request({ method: 'DELETE', url: '/tasks/2' });
  assert.deepEqual(await search('beta'), []);
  await app.patch(`/users/${owner}`, { lastName: 'King', contactEmail: 'countess@example.com' });
  const users = (text: string) => found(app, '/users', { _search: text });
  assert.deepEqual(
    [await users('lovelace'), await users('ada@'), await users('king countess')],
    [[], [owner], [owner]],
  );
  await app.request({ method: 'DELETE', url: `/users/${owner}` });
  assert.deepEqual([await search('gamma'), await users('king')], [[], []]);
});

testOnBothDatabases('_search follows batches', async (t) => {
  const app = await testApp(t);
  const owner = await createTasks(app, []);
  const names = { firstName: 'Grace', lastName: 'Hopper', contactEmail: 'grace@example.com' };
  await app.post('/users/batch', { users: [names] });
  assert.equal((await found(app, '/users', { _search: 'hopper' })).length, 1);
  const tasks = ['One alpha', 'Two alpha', 'Three beta'].map((taskTitle) => ({ userId: owner, taskTitle, ...DUE }));
  assert.equal((await app.post('/tasks/batch', { tasks })).statusCode, 201);
  const search = searches(app);
  assert.deepEqual(await search('alpha'), [1, 2]);
  await app.patch('/tasks/batch', {
    tasks: [
      { taskId: 1, taskTitle: 'One beta' },
      { taskId: 2, warningOffset: 5 },
    ],
  });
  assert.deepEqual([await search('alpha'), await search('beta')], [[2], [1, 3]]);
  await app.post('/tasks/batch-delete', { taskIds: [1, 2] });
  assert.deepEqual([await search('alpha'), await search('beta')], [[], [3]]);
});

testOnBothDatabases('a user with many tasks is not found after the deletion', async (t) => {
  const app = await testApp(t);
  const owner = await createTasks(
    app,
    Array.from({ length: 40 }, (_, i): [string] => [`Many ${i}`]),
    'many',
  );
  await createTasks(app, [['Many more']], 'other');
  await app.request({ method: 'DELETE', url: `/users/${owner}` });
  assert.deepEqual(await searches(app)('many', { _perPage: '100' }), [41]);
  assert.deepEqual(await found(app, '/users', { _search: 'many' }), []);
});

testOnBothDatabases('_search combines with filters, sorts, pages, cursors and the count', async (t) => {
  const app = await testApp(t);
  const titles = Array.from({ length: 30 }, (_, i): [string] => [
    `${i % 3 === 0 ? 'Write' : 'Read'} ${String(99 - i)}`,
  ]);
  const owner = await createTasks(app, titles);
  await createTasks(app, [['Write 1'], ['Write 2']], 'other');
  const search = searches(app);
  assert.equal((await search('write')).length, 12);
  assert.deepEqual(await search('write', { userId: String(owner), _perPage: '3' }), [1, 4, 7]);
  assert.deepEqual(await search('write', { _sort: '-taskTitle', _perPage: '3' }), [1, 4, 7]);
  assert.deepEqual(await search('write', { _sort: 'taskTitle', _perPage: '4' }), [31, 32, 28, 25]);
  assert.deepEqual(await search('write', { _sort: '-userId,taskTitle', _page: '1', _perPage: '2' }), [28, 25]);
  const headers = { accept: 'application/x-ndjson' };
  const stream = await app.request({ url: '/tasks?_search=write&_sort=-taskTitle', headers });
  const lines = stream.body.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).taskId),
    await search('write', { _sort: '-taskTitle', _perPage: '100' }),
  );
  app.clock.now += 1000;
  await app.patch('/tasks/7', { taskStatus: 'COMPLETED' });
  const updatedSince = new Date(app.clock.now).toISOString();
  assert.deepEqual(await search('write', { updatedSince }), [7]);
  assert.deepEqual(await search('write', { updatedSince, taskStatus: 'BLOCKED' }), []);
  let url: string | undefined = '/tasks?_search=write&_sort=-taskTitle&_perPage=5';
  const all: number[] = [];
  while (url !== undefined) {
    const response = await app.request({ url, headers: { prefer: 'count=exact' } });
    assert.equal(response.headers['x-total-count'], '12');
    all.push(...response.json().tasks.map(({ taskId }: { taskId: number }) => taskId));
    url = /<([^>]+)>; rel="next"/.exec(String(response.headers.link))?.[1];
  }
  assert.deepEqual(all, await search('write', { _sort: '-taskTitle', _perPage: '100' }));
});

testOnBothDatabases('a user token finds only what is its own', async (t) => {
  const app = await testApp(t);
  const owner = await createTasks(app, [['Secret plan']], 'ada');
  const other = await createTasks(app, [['Secret recipe']], 'bob');
  const token = await app.token({ scopes: ['users:read', 'tasks:read'], userId: owner });
  assert.deepEqual(await searches(app)('secret', {}, token), [1]);
  assert.deepEqual(await searches(app)('recipe', {}, token), []);
  assert.deepEqual(await searches(app)('secret', { userId: String(other) }, token), []);
  assert.deepEqual(await found(app, '/users', { _search: 'lovelace' }, token), [owner]);
  assert.deepEqual(await found(app, '/users', { _search: 'bob' }, token), []);
});

testOnBothDatabases('_search rejects too long a text, none or too many words', async (t) => {
  const app = await testApp(t);
  const rule = 'It must be between 1 and 100 characters, with one to eight different words.';
  for (const text of ['', '!!! 🎉', 'a b c d e f g h i', 'x'.repeat(101)]) {
    for (const path of ['/tasks', '/users']) {
      const response = await app.request({ url: `${path}?${new URLSearchParams({ _search: text })}` });
      assert.equal(response.statusCode, 400, text);
      const { message, details } = response.json();
      assert.equal(message, `The \`_search\` value '${[...text].slice(0, 100).join('')}' is not valid. ${rule}`);
      assert.deepEqual(details, [{ field: '_search', reason: 'Invalid value', location: 'query' }]);
    }
  }
  for (const text of ['a b c d e f g h', 'a a a a a a a a a', 'x'.repeat(100), '🎉 x']) {
    assert.deepEqual(await searches(app)(text), [], text);
  }
  const twice = await app.request({ url: '/tasks?_search=a&_search=b' });
  assert.equal(twice.json().message, 'The parameter `_search` must be given once');
});
