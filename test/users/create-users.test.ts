import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const user = (name: string) => ({
  firstName: name,
  lastName: 'Doe',
  contactEmail: `${name.toLowerCase()}@example.com`,
});

const LENIENT = { prefer: 'handling=lenient' };

function sendBatch(
  { request }: TestApp,
  users: unknown,
  headers: Record<string, string> = {},
  token?: string,
): Promise<LightMyRequestResponse> {
  return request({
    method: 'POST',
    url: '/users/batch',
    headers: { 'content-type': 'application/json', ...headers },
    payload: JSON.stringify({ users }),
    ...(token !== undefined && { token }),
  });
}

async function listUsers({ request }: TestApp): Promise<{ userId: number; firstName: string }[]> {
  return (await request({ url: '/users?_perPage=100' })).json().users;
}

testOnBothDatabases('POST /users/batch creates users in order, with one event each', async (t) => {
  const app = await testApp(t);
  const names = ['Zoe', 'Ann', 'Mia', 'Bob'];
  const response = await sendBatch(app, names.map(user));
  assert.equal(response.statusCode, 201, response.payload);
  assert.deepEqual(
    Object.keys(response.headers).filter((name) => /location|etag|prefer/.test(name)),
    [],
  );
  const { users } = response.json();
  assert.deepEqual(
    users.map(({ userId: _, ...rest }: { userId: number }) => rest),
    names.map(user),
  );
  const ids = users.map(({ userId }: { userId: number }) => userId);
  assert.deepEqual(
    ids.toSorted((a: number, b: number) => a - b),
    ids,
    'ids are in the order of the items',
  );
  assert.deepEqual(await listUsers(app), users);
  const { events } = (await app.request({ url: '/events' })).json();
  assert.deepEqual(
    events.map(({ type, data }: { type: string; data: object }) => [type, data]),
    users.map((one: object) => ['user.created', one]),
  );
  const { audit } = (await app.request({ url: '/audit?_sort=sequence' })).json();
  assert.equal(audit.filter(({ type }: { type: string }) => type === 'user.created').length, 4);
});

testOnBothDatabases(
  'POST /users/batch stores nothing if an item is invalid, and names every invalid field',
  async (t) => {
    const app = await testApp(t);
    const response = await sendBatch(app, [
      user('Ann'),
      { ...user('Bob'), lastName: '', nickname: 'B' },
      'Zoe',
      { firstName: 'Eve', userId: 7 },
      user('ANN'),
    ]);
    assert.equal(response.statusCode, 400, response.payload);
    const { code, message, details } = response.json();
    assert.equal(code, 'MISSING_REQUIRED_FIELD');
    assert.equal(message, 'The `users[3].lastName` field is required.');
    assert.deepEqual(
      details.map(({ field, reason, location }: Record<string, string>) => [field, reason, location].join(' ')),
      [
        'users[1].lastName String too short body',
        'users[1].nickname Unknown field body',
        'users[2] Invalid type body',
        'users[3].userId Is read-only body',
        'users[3].lastName Is required body',
        'users[3].contactEmail Is required body',
        'users[4].contactEmail Already in use body',
      ],
    );
    assert.deepEqual(await listUsers(app), []);
  },
);

testOnBothDatabases('POST /users/batch names every address that is already in use', async (t) => {
  const app = await testApp(t);
  await sendBatch(app, [user('Ann'), user('Bob')]);
  const response = await sendBatch(app, [
    user('Bob'),
    user('Eve'),
    { ...user('Ann'), contactEmail: 'ANN@example.com' },
  ]);
  assert.equal(response.statusCode, 400);
  const { message, details } = response.json();
  assert.equal(message, "The `users[0].contactEmail` value 'bob@example.com' is already in use.");
  assert.deepEqual(
    details.map(({ field }: { field: string }) => field),
    ['users[0].contactEmail', 'users[2].contactEmail'],
  );
  const twice = await sendBatch(app, [user('Eve'), user('Fay'), user('Eve')]);
  assert.equal(twice.statusCode, 400);
  assert.equal(
    twice.json().message,
    "The `users[2].contactEmail` value 'eve@example.com' is already in use by `users[0]`.",
  );
  assert.deepEqual(
    (await listUsers(app)).map(({ firstName }) => firstName),
    ['Ann', 'Bob'],
  );
  const { events } = (await app.request({ url: '/events' })).json();
  assert.equal(events.length, 2, 'a batch that is not stored has no events');
});

testOnBothDatabases('a lenient POST /users/batch has a result for each user', async (t) => {
  const app = await testApp(t);
  await sendBatch(app, [user('Ann')]);
  const response = await sendBatch(
    app,
    [
      user('Ann'),
      user('Bob'),
      { ...user('Bob'), firstName: 'Robert' },
      { ...user('Eve'), lastName: 7 },
      null,
      user('Eve'),
    ],
    { prefer: 'count=exact, handling=lenient; x=1' },
  );
  assert.equal(response.statusCode, 200, response.payload);
  assert.equal(response.headers['preference-applied'], 'handling=lenient');
  const requestId = response.headers['x-request-id'];
  const inUse = (address: string) => ({
    status: 400,
    error: {
      code: 'INVALID_FIELD',
      message: `The \`contactEmail\` value '${address}' is already in use.`,
      details: [{ field: 'contactEmail', reason: 'Already in use', location: 'body' }],
      requestId,
    },
  });
  const invalid = (field: string, message: string) => ({
    status: 400,
    error: {
      code: 'INVALID_FIELD',
      message,
      details: [{ field, reason: 'Invalid type', location: 'body' }],
      requestId,
    },
  });
  const [, bob, eve] = await listUsers(app);
  assert.deepEqual(response.json().results, [
    inUse('ann@example.com'),
    { status: 201, user: bob },
    inUse('bob@example.com'),
    invalid('lastName', 'The field `lastName` must be a string'),
    invalid('users[4]', 'The field `users[4]` must be an object'),
    { status: 201, user: eve },
  ]);
});

testOnBothDatabases('POST /users/batch rejects bodies without 1 to 1,000 users', async (t) => {
  const app = await testApp(t);
  for (const [users, reason] of [
    [undefined, 'Is required'],
    [[], 'Invalid value'],
    [Array.from({ length: 1001 }, () => 0), 'Invalid value'],
    ['x', 'Invalid type'],
    [null, 'Invalid type'],
  ] as const) {
    const response = await sendBatch(app, users, LENIENT);
    assert.equal(response.statusCode, 400, response.payload);
    assert.deepEqual(response.json().details, [{ field: 'users', reason, location: 'body' }]);
  }
  const unknown = await app.post('/users/batch', { users: [user('Ann')], foo: 1 });
  assert.deepEqual(unknown.json().details, [{ field: 'foo', reason: 'Unknown field', location: 'body' }]);
  const list = (await sendBatch(app, [])).json();
  assert.equal(list.message, "The `users` value '' is not valid. It must be a list of 1 to 1000 items.");
});

testOnBothDatabases('a batch has at most 100 details', async (t) => {
  const app = await testApp(t);
  const response = await sendBatch(
    app,
    Array.from({ length: 200 }, () => ({ ...user('Ann'), lastName: '' })),
  );
  assert.equal(response.statusCode, 400);
  assert.equal(response.json().details.length, 100);
  const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`f${i}`, 1]));
  const wide = await sendBatch(app, [fields], LENIENT);
  assert.equal(wide.statusCode, 200);
  assert.equal(wide.json().results[0].error.details.length, 100);
  assert.equal(wide.json().results[0].error.message, 'The `firstName` field is required.');
});

testOnBothDatabases('a batch may have 2 MiB, other bodies 64 KiB', async (t) => {
  const app = await testApp(t);
  const body = JSON.stringify({ users: Array.from({ length: 1000 }, (_, i) => user(`User${i}`)) });
  const padded = (bytes: number) => body.padEnd(bytes, ' ');
  assert.equal((await app.post('/users/batch', padded(2 * 1024 * 1024 + 1))).statusCode, 413);
  const created = await app.post('/users/batch', padded(2 * 1024 * 1024));
  assert.equal(created.statusCode, 201, created.payload.slice(0, 500));
  assert.equal(created.json().users.length, 1000);
  assert.equal((await app.post('/users', padded(64 * 1024 + 1))).statusCode, 413);
  const broken = await app.post('/users/batch', `${padded(100_000)}x`);
  assert.equal(broken.json().message, 'The request body must be a JSON object; it is not valid JSON');
});

testOnBothDatabases('POST /users/batch needs users:write and no user token', async (t) => {
  const app = await testApp(t);
  const { users } = (await sendBatch(app, [user('Ann')])).json();
  const reader = await app.token({ scopes: ['users:read', 'tasks:write'] });
  const rejected = await sendBatch(app, [user('Bob')], {}, reader);
  assert.equal(rejected.statusCode, 403);
  assert.match(String(rejected.headers['www-authenticate']), /scope="users:write"/);
  const own = await app.token({ scopes: ['users:write'], userId: users[0].userId });
  assert.equal((await sendBatch(app, [user('Bob')], LENIENT, own)).statusCode, 403);
  assert.equal((await app.request({ url: '/users/batch' })).statusCode, 405);
});
