import assert from 'node:assert/strict';
import { testApp } from '../../support/app.ts';
import { assertRejected } from '../../support/assert-rejected.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';
import { JOHN, REPORT } from '../../support/examples.ts';

const DAY = 24 * 60 * 60 * 1000;

/** An application, and a function that sends a POST with an idempotency key. */
async function keyedApp(...args: Parameters<typeof testApp>) {
  const tested = await testApp(...args);
  const create = (url: string, payload: unknown, key: string, token?: string) =>
    tested.request({
      method: 'POST',
      url,
      ...(token !== undefined && { token }),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  const count = async (list: 'users' | 'tasks' | 'tokens' | 'audit') => {
    const { headers } = await tested.request({ url: `/${list}`, headers: { prefer: 'count=exact' } });
    return Number(headers['x-total-count']);
  };
  return { ...tested, create, count };
}

/** A response without the headers that differ for each request. */
function seen({ statusCode, headers, body }: Awaited<ReturnType<Awaited<ReturnType<typeof keyedApp>>['create']>>) {
  return { statusCode, body, location: headers.location, etag: headers.etag, type: headers['content-type'] };
}

for (const [url, payload] of [
  ['/users', JOHN],
  ['/tasks', { ...REPORT, taskDescription: 'Über „Größen“, 日本, 🙂' }],
] as const) {
  testOnBothDatabases(`POST ${url} with a repeated key creates once and replays the response`, async (t) => {
    const { create, count, post, patch, clock } = await keyedApp(t);
    if (url === '/tasks') await post('/users', JOHN);
    const first = await create(url, payload, 'key-1');
    assert.equal(first.statusCode, 201);
    assert.equal(first.headers['idempotency-replayed'], undefined);
    // Later changes to the resource do not change the replayed response.
    await patch(`${url}/1`, url === '/users' ? { firstName: 'Jim' } : { taskDescription: null, taskStatus: 'BLOCKED' });
    clock.now += DAY - 1;
    const second = await create(url, payload, 'key-1');
    assert.equal(second.headers['idempotency-replayed'], 'true');
    assert.deepEqual(seen(second), seen(first));
    assert.equal(await count(url === '/users' ? 'users' : 'tasks'), 1);
  });
}

testOnBothDatabases('an idempotency key expires after 24 hours', async (t) => {
  const { create, count, clock, store } = await keyedApp(t);
  await create('/users', JOHN, 'key');
  clock.now += DAY;
  assert.equal((await create('/users', { ...JOHN, contactEmail: 'jane@example.com' }, 'key')).statusCode, 201);
  assert.equal(await count('users'), 2);
  clock.now += DAY;
  assert.equal(await store.idempotencyKeys.prune(), true);
  assert.equal(await store.idempotencyKeys.prune(), false);
});

testOnBothDatabases('a repeated key with other bytes is rejected, even if the JSON is equivalent', async (t) => {
  const { create, count } = await keyedApp(t);
  await create('/users', JOHN, 'key');
  for (const other of [{ ...JOHN, firstName: 'Jim' }, JSON.stringify(JOHN, null, 1)]) {
    const response = await create('/users', other, 'key');
    assert.equal(response.statusCode, 422);
    assert.deepEqual(response.json(), {
      code: 'IDEMPOTENCY_KEY_REUSED',
      message: 'The idempotency key was used for a different request',
      requestId: response.headers['x-request-id'],
    });
  }
  assert.equal(await count('users'), 1);
});

testOnBothDatabases('idempotency keys are separate per token and path', async (t) => {
  const { create, token } = await keyedApp(t);
  const other = await token();
  assert.equal((await create('/users', JOHN, 'key')).statusCode, 201);
  assert.equal((await create('/users', { ...JOHN, contactEmail: 'jane@example.com' }, 'key', other)).statusCode, 201);
  const task = await create('/tasks', REPORT, 'key');
  assert.equal(task.statusCode, 201);
  assert.equal(task.headers['idempotency-replayed'], undefined);
});

testOnBothDatabases('error responses are not stored, so a repeated request can succeed', async (t) => {
  const { create, post, request } = await keyedApp(t);
  assert.equal((await create('/users', { ...JOHN, firstName: '' }, 'key')).statusCode, 400);
  await post('/users', JOHN);
  assert.equal((await create('/users', JOHN, 'key')).statusCode, 400);
  await request({ method: 'DELETE', url: '/users/1' });
  const response = await create('/users', JOHN, 'key');
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers['idempotency-replayed'], undefined);
  assert.equal((await create('/tasks', { ...REPORT, userId: 99 }, 'task')).statusCode, 400);
  assert.equal((await create('/tasks', { ...REPORT, userId: response.json().userId }, 'task')).statusCode, 201);
});

testOnBothDatabases('deleting a user deletes the stored responses with the user’s data', async (t) => {
  const { create, request, post } = await keyedApp(t);
  await create('/users', JOHN, 'john');
  await create('/tasks', REPORT, 'task');
  await request({ method: 'DELETE', url: '/users/1' });
  // The keys are deleted, so a repeated request is a new request.
  assert.equal((await create('/tasks', REPORT, 'task')).statusCode, 400);
  const again = await create('/users', JOHN, 'john');
  assert.equal(again.statusCode, 201);
  assert.ok(again.json().userId > 1);
  assert.equal((await post('/users', JOHN)).statusCode, 400);
});

testOnBothDatabases('64 concurrent requests with one key create one user and get one response', async (t) => {
  const { create, count } = await keyedApp(t);
  await count('users'); // makes the token
  const responses = await Promise.all(Array.from({ length: 64 }, () => create('/users', JOHN, 'key')));
  const [first] = responses as [(typeof responses)[0]];
  assert.equal(first.statusCode, 201);
  for (const response of responses) assert.deepEqual(seen(response), seen(first));
  assert.equal(responses.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length, 1);
  assert.equal(await count('users'), 1);
});

testOnBothDatabases('one write batch handles keys, rejections and creates without keys independently', async (t) => {
  const { create, post } = await keyedApp(t);
  await post('/users', JOHN);
  const jane = { ...JOHN, contactEmail: 'jane@example.com' };
  const responses = await Promise.all([
    create('/users', JOHN, 'taken'),
    create('/users', jane, 'jane'),
    create('/users', { ...jane, firstName: 'Jane' }, 'jane'),
    create('/users', JOHN, 'taken'),
    create('/users', jane, 'jane'),
    create('/users', jane, 'other'),
    post('/users', { ...JOHN, contactEmail: 'jim@example.com' }),
    create('/users', { ...JOHN, contactEmail: 'joe@example.com' }, 'joe'),
  ]);
  assert.deepEqual(
    responses.map(({ statusCode }) => statusCode),
    [400, 201, 422, 400, 201, 400, 201, 201],
  );
});

testOnBothDatabases('an invalid Idempotency-Key is rejected, but ignored with other methods', async (t) => {
  const { create, request, post } = await keyedApp(t);
  for (const key of ['', 'a b', 'é', 'x'.repeat(256)]) {
    assertRejected(await create('/users', JOHN, key), {
      message: 'The `Idempotency-Key` header must be 1 to 255 visible ASCII characters',
      details: [['Idempotency-Key', 'Invalid format', 'header']],
    });
  }
  await post('/users', JOHN);
  const headers = { 'idempotency-key': 'a b' };
  assert.equal((await request({ url: '/users/1', headers })).statusCode, 200);
  assert.equal((await request({ method: 'DELETE', url: '/users/1', headers })).statusCode, 204);
  for (const [i, key] of ['x', `"${'~'.repeat(253)}"`].entries()) {
    assert.equal((await create('/users', { ...JOHN, contactEmail: `${i}@example.com` }, key)).statusCode, 201);
  }
});

testOnBothDatabases('a token is issued once per key, and shown only once', async (t) => {
  const { create, count } = await keyedApp(t);
  const before = await count('tokens');
  const wanted = { name: 'shop', scopes: ['users:read'] };
  const first = await create('/tokens', wanted, 'key');
  const { token, ...shown } = first.json();
  assert.match(token, /^tmapi_/);
  const second = await create('/tokens', wanted, 'key');
  assert.deepEqual([second.statusCode, second.headers['idempotency-replayed']], [201, 'true']);
  assert.deepEqual(second.json(), shown);
  assert.equal(await count('tokens'), before + 1);
});
