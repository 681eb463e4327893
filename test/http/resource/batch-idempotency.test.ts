import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { type TestApp, testApp } from '../../support/app.ts';
import { testOnBothDatabases } from '../../support/both-databases.ts';

type Json = Record<string, unknown>;

const LENIENT = { prefer: 'handling=lenient' };
const user = (name: string) => ({
  firstName: name,
  lastName: 'Doe',
  contactEmail: `${name.toLowerCase()}@example.com`,
});
const newTask = (userId: number, taskTitle: string) => ({
  ...{ userId, taskTitle },
  ...{ dueDate: '2026-06-01T12:00:00Z', warningOffset: 60 },
});

function send(
  { request }: TestApp,
  url: string,
  payload: object,
  key: string,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
    payload: JSON.stringify(payload),
  });
}

async function createUsers(app: TestApp, ...names: string[]): Promise<number[]> {
  const { users } = (await app.post('/users/batch', { users: names.map(user) })).json();
  return users.map(({ userId }: { userId: number }) => userId);
}

async function count({ request }: TestApp, list: 'users' | 'tasks'): Promise<number> {
  return (await request({ url: `/${list}?_perPage=100` })).json()[list].length;
}

/** A response without what differs between requests. */
function shown({ statusCode, payload, headers }: LightMyRequestResponse): unknown {
  return [statusCode, payload.replaceAll(/"req-[^"]+"/g, '""'), headers['preference-applied']];
}

testOnBothDatabases('a batch with an idempotency key is created once and its response is replayed', async (t) => {
  const app = await testApp(t);
  const body = { users: ['Zoe', 'Ann'].map(user) };
  const first = await send(app, '/users/batch', body, 'k1');
  assert.equal(first.statusCode, 201);
  assert.equal(first.headers['idempotency-replayed'], undefined);
  const [{ userId }] = first.json().users;
  await app.patch(`/users/${userId}`, { firstName: 'Zoë' });
  app.clock.now += 86_399_999;
  const again = await send(app, '/users/batch', body, 'k1');
  assert.deepEqual(shown(again), shown(first));
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal((await send(app, '/users/batch', { users: [user('Eve')] }, 'k1')).statusCode, 422);
  assert.equal((await send(app, '/users/batch', body, 'k1', LENIENT)).statusCode, 422, 'another handling');
  app.clock.now += 1;
  const expired = await send(app, '/users/batch', body, 'k1');
  assert.equal(expired.statusCode, 400, 'the key has expired, and the addresses are in use');
  assert.equal(await count(app, 'users'), 2);
  assert.equal((await send(app, '/users/batch', body, 'k 1')).statusCode, 400);
});

testOnBothDatabases('a lenient batch is replayed with its errors', async (t) => {
  const app = await testApp(t);
  const [ann] = (await createUsers(app, 'Ann')) as [number];
  const body = { tasks: [newTask(ann, 'a'), newTask(777_777, 'b'), { taskTitle: '' }, newTask(ann, 'c')] };
  const first = await send(app, '/tasks/batch', body, 'k1', LENIENT);
  assert.deepEqual(
    first.json().results.map(({ status }: Json) => status),
    [201, 400, 400, 201],
  );
  const again = await send(app, '/tasks/batch', body, 'k1', LENIENT);
  assert.deepEqual(shown(again), shown(first));
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal(again.json().results[1].error.requestId, again.headers['x-request-id']);
  assert.equal(await count(app, 'tasks'), 2);
});

testOnBothDatabases('a batch that creates nothing stores no key', async (t) => {
  const app = await testApp(t);
  const [ann] = (await createUsers(app, 'Ann')) as [number];
  const missing = { tasks: [newTask(ann, 'a'), newTask(777_777, 'b')] };
  assert.equal((await send(app, '/tasks/batch', missing, 'k1')).statusCode, 400);
  const none = { tasks: [newTask(777_777, 'b')] };
  assert.equal((await send(app, '/tasks/batch', none, 'k1', LENIENT)).json().results[0].status, 400);
  const valid = { tasks: [newTask(ann, 'a')] };
  assert.equal((await send(app, '/tasks/batch', valid, 'k1')).statusCode, 201);
});

testOnBothDatabases(
  'deleting a user erases their items from the stored responses of batches, and nothing is created again',
  async (t) => {
    const app = await testApp(t);
    const [ann, bob] = (await createUsers(app, 'Ann', 'Bob')) as [number, number];
    const strict = { tasks: [newTask(bob, 'secret'), newTask(ann, 'a')] };
    const lenient = { tasks: [newTask(ann, 'c'), newTask(bob, 'secret'), newTask(777_777, 'd')] };
    const many = { tasks: Array.from({ length: 20 }, (_, i) => newTask(bob, `secret ${i}`)) };
    const before = await send(app, '/tasks/batch', strict, 'k1');
    await send(app, '/tasks/batch', lenient, 'k2', LENIENT);
    // With more than 16 tasks, the user is purged in steps.
    await send(app, '/tasks/batch', many, 'k3');
    assert.equal((await app.request({ method: 'DELETE', url: `/users/${bob}` })).statusCode, 204);

    const strictAgain = await send(app, '/tasks/batch', strict, 'k1');
    assert.equal(strictAgain.statusCode, 201);
    assert.equal(strictAgain.headers['idempotency-replayed'], 'true');
    assert.deepEqual(strictAgain.json(), { tasks: [before.json().tasks[1]] });
    const lenientAgain = await send(app, '/tasks/batch', lenient, 'k2', LENIENT);
    assert.deepEqual(
      lenientAgain.json().results.map(({ status }: Json) => status),
      [201, 404, 400],
    );
    assert.deepEqual((await send(app, '/tasks/batch', many, 'k3')).json(), { tasks: [] });
    assert.doesNotMatch(strictAgain.payload + lenientAgain.payload, /secret/);
    assert.equal(await count(app, 'tasks'), 2);
  },
);

testOnBothDatabases('of concurrent batches with one key, one creates the items', async (t) => {
  const app = await testApp(t);
  const body = { users: Array.from({ length: 30 }, (_, i) => user(`User${i}`)) };
  // The first request issues the token.
  await count(app, 'users');
  const responses = await Promise.all(Array.from({ length: 8 }, () => send(app, '/users/batch', body, 'k1')));
  assert.deepEqual(new Set(responses.map(({ statusCode }) => statusCode)), new Set([201]));
  assert.equal(new Set(responses.map(({ payload }) => payload)).size, 1);
  assert.equal(responses.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length, 1);
  assert.equal(await count(app, 'users'), 30);
});
