import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ApiError, NetworkError, TaskApi, TaskManagementClient } from '../../client/src/index.ts';
import { clientApp } from '../support/client.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { startUnreliableProxy } from '../support/unreliable-proxy.ts';

/** A server that is not the service. It is stopped when the test ends. */
async function startOther(t: TestContext, status: number, headers: Record<string, string>, body: string) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return new TaskApi({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' });
}

test('a resource is created, read, updated and deleted', async (t) => {
  const { api } = await clientApp(t);
  const user = await api.users.create(JOHN);
  assert.deepEqual(user, { userId: 1, ...JOHN });
  assert.deepEqual(await api.users.get(1), user);
  assert.deepEqual(await api.users.update(1, { lastName: 'King' }), { ...user, lastName: 'King' });
  assert.equal(await api.users.delete(1), undefined);
  const error = await api.users.get(1).catch((caught) => caught);
  assert.ok(error instanceof ApiError);
  assert.equal(error.code, 'RESOURCE_NOT_FOUND');
  assert.deepEqual(error.details, []);
});

test('an invalid field is an ApiError with code, status, details and request id', async (t) => {
  const { api } = await clientApp(t);
  const error = await api.users.create({ ...JOHN, firstName: '' }).catch((caught) => caught);
  assert.ok(error instanceof ApiError);
  assert.equal(error.name, 'ApiError');
  assert.equal(error.code, 'INVALID_FIELD');
  assert.equal(error.status, 400);
  assert.deepEqual(error.details, [{ field: 'firstName', reason: 'String too short', location: 'body' }]);
  assert.equal(error.message, 'The field `firstName` must be between 1 and 100 characters');
  assert.match(error.requestId ?? '', /^req-/);
  assert.equal(error.requestId, error.response.requestId);
});

test('an update with ifMatch fails if another client has changed the resource', async (t) => {
  const { api } = await clientApp(t);
  const { etag } = await api.users.create(JOHN).withResponse();
  await api.users.update(1, { firstName: 'Jane' }, { ifMatch: etag });
  await assert.rejects(api.users.update(1, { firstName: 'Jack' }, { ifMatch: etag }), { code: 'PRECONDITION_FAILED' });
  await assert.rejects(api.users.delete(1, { ifMatch: etag }), { code: 'PRECONDITION_FAILED' });
  const read = await api.users.get(1).withResponse();
  assert.equal(read.data.firstName, 'Jane');
  assert.equal(await api.users.get(1, { ifNoneMatch: read.etag }), undefined);
});

test('a rejected request is one rejection, also if only withResponse is used', async (t) => {
  const { api } = await clientApp(t);
  const unhandled: unknown[] = [];
  const record = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', record);
  t.after(() => process.off('unhandledRejection', record));
  await assert.rejects(api.users.get(1).withResponse(), { code: 'RESOURCE_NOT_FOUND' });
  await new Promise(setImmediate);
  assert.deepEqual(unhandled, []);
});

test('a list is read page by page with cursors, in its order and with its filters', async (t) => {
  const { api } = await clientApp(t);
  await api.users.create(JOHN);
  const titles = Array.from({ length: 7 }, (_, n) => `Task ${n}, 100% + more`);
  await api.tasks.createBatch(titles.map((taskTitle) => ({ ...REPORT, taskTitle })));
  const found: string[] = [];
  for await (const task of api.tasks.list({ perPage: 2, sort: '-taskTitle', search: 'task 100% more' })) {
    found.push(task.taskTitle);
    // Numbered pages would skip a row now.
    if (found.length === 2) await api.tasks.delete(task.taskId);
  }
  assert.deepEqual(found, titles.toReversed());
  const page = await api.tasks.listPage({ perPage: 5, taskStatus: ['NOT_STARTED', 'BLOCKED'] }, { count: true });
  assert.equal(page.items.length, 5);
  assert.equal(page.total, 6);
  const rest = await api.tasks.listPage({ perPage: 5, taskStatus: ['NOT_STARTED', 'BLOCKED'], cursor: page.next });
  assert.deepEqual([rest.items.length, rest.next, rest.total], [1, undefined, undefined]);
  assert.deepEqual((await Array.fromAsync(api.tasks.stream({ sort: '-taskTitle' }))).length, 6);
});

test('a batch returns its items or, if it is lenient, a result for each', async (t) => {
  const { api } = await clientApp(t);
  const [user] = await api.users.createBatch([JOHN]);
  assert.equal(user?.userId, 1);
  const results = await api.users.createBatch([JOHN, { ...JOHN, contactEmail: 'jane@example.com' }], { lenient: true });
  assert.deepEqual(
    results.map(({ status, error }) => [status, error?.code]),
    [
      [400, 'INVALID_FIELD'],
      [201, undefined],
    ],
  );
  const tasks = await api.tasks.createBatch([REPORT, REPORT]);
  const changes = tasks.map(({ taskId }) => ({ taskId, taskStatus: 'COMPLETED' as const }));
  assert.deepEqual(
    (await api.tasks.updateBatch(changes)).map(({ taskStatus }) => taskStatus),
    ['COMPLETED', 'COMPLETED'],
  );
  assert.equal(await api.tasks.deleteBatch([1]), undefined);
  await assert.rejects(api.tasks.deleteBatch([1, 2]), { code: 'INVALID_FIELD' });
  const deleted = await api.tasks.deleteBatch([1, 2], { lenient: true });
  assert.deepEqual(
    deleted.map(({ status }) => status),
    [404, 204],
  );
});

test('a stream that is cut is an error, not the end of the list', async (t) => {
  const { url, api: direct, connect } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  for (let n = 0; n < 2; n++) await direct.users.create({ ...JOHN, contactEmail: `user${n}@example.com` });
  const api = connect({ baseUrl: proxy.url });
  proxy.failures = ['rejected-503', 'cut-within'];
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const { userId } of api.users.stream()) seen.push(userId);
  }, NetworkError);
  assert.ok(seen.length < 2);
  assert.equal((await Array.fromAsync(api.users.stream())).length, 2);
});

test('a creation with an own idempotency key creates once in two programs', async (t) => {
  const { api, connect } = await clientApp(t);
  const options = { idempotencyKey: 'import-users.csv-line-7' };
  const first = await api.users.create(JOHN, options);
  const second = await connect().users.create(JOHN, options).withResponse();
  assert.deepEqual(second.data, first);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  await assert.rejects(api.users.create({ ...JOHN, firstName: 'Jane' }, options), { code: 'IDEMPOTENCY_KEY_REUSED' });
});

test('a token is requested for each attempt', async (t) => {
  const { url, connect, token } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const tokens = [await token(), await token()];
  const api = connect({ baseUrl: proxy.url, token: () => tokens.shift() ?? '' });
  proxy.failures = ['rejected-503'];
  await api.users.listPage();
  assert.deepEqual(tokens, []);
});

test('a response that is not from the service is UNEXPECTED_RESPONSE', async (t) => {
  const moved = await startOther(t, 308, { location: 'https://elsewhere.example.com/' }, '');
  await assert.rejects(moved.users.create(JOHN), { code: 'UNEXPECTED_RESPONSE', status: 308 });
  const login = await startOther(t, 200, { 'content-type': 'text/html' }, '<form>');
  await assert.rejects(login.users.get(1), { code: 'UNEXPECTED_RESPONSE', message: 'the response is not JSON' });
  const other = await startOther(t, 404, { 'content-type': 'application/json' }, 'null');
  await assert.rejects(other.users.get(1), { code: 'UNEXPECTED_RESPONSE', status: 404, details: [] });
});

test('TaskManagementClient has the methods of the documented class', async (t) => {
  const { url, token } = await clientApp(t);
  const client = new TaskManagementClient(url, await token());
  const user = await client.createUser(JOHN);
  const task = await client.createTask(REPORT);
  assert.deepEqual(await client.getUsers(0, 10, '-userId'), { users: [user] });
  assert.deepEqual(await client.getUser(user.userId), user);
  assert.equal((await client.updateUser(user.userId, { firstName: 'Jane' })).firstName, 'Jane');
  assert.deepEqual(await client.getTask(task.taskId), task);
  assert.equal((await client.updateTask(task.taskId, { taskTitle: 'New' })).taskTitle, 'New');
  assert.equal((await client.startTask(task.taskId)).taskStatus, 'IN_PROGRESS');
  assert.deepEqual((await client.getTasks({ status: 'BLOCKED' })).tasks, []);
  assert.equal((await client.blockTask(task.taskId, 'no paper')).taskDescription, 'BLOCKED: no paper');
  assert.equal((await client.blockTask(task.taskId)).taskDescription, 'BLOCKED: no paper');
  assert.equal((await client.getTasks({ status: 'BLOCKED', sort: 'dueDate' })).tasks.length, 1);
  assert.equal((await client.completeTask(task.taskId)).taskStatus, 'COMPLETED');
  assert.equal(await client.deleteTask(task.taskId), true);
  assert.equal(await client.deleteUser(user.userId), true);
});
