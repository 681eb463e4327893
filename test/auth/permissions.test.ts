import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import { SCOPES, type Scope } from '../../src/domain/tokens.ts';
import { EVENT_SCOPES } from '../../src/events/event.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const ALL_BUT_ADMIN = SCOPES.filter((scope) => scope !== 'admin');

/** The target of an operation by a user token of user 1, who owns task 1. */
const TARGETS = { own: 1, another: 2, none: 999 };
type Target = keyof typeof TARGETS;

interface Row {
  scope: Scope;
  /** Builds the request for the resource with this id, or of the user with this id. */
  send: (id: number) => InjectOptions;
  /** Other scopes that allow the operation, with other results. */
  alsoWith?: readonly Scope[];
  /** The status for an unrestricted token and an existing resource. */
  success: number;
  /** The statuses for a user token of user 1 with every scope. */
  bound: Record<Target, number>;
}

const REJECTED = { own: 403, another: 403, none: 403 };
const NEW_TOKEN = { name: 'x', scopes: ['users:read'] };
const NEW_WEBHOOK = { url: 'https://example.com/hook', events: ['user.created'] };
const get = (url: string): InjectOptions => ({ method: 'GET', url });
const remove = (url: string): InjectOptions => ({ method: 'DELETE', url });
const post = (url: string, payload: object): InjectOptions => ({ method: 'POST', url, payload });
const patch = (url: string, payload: object): InjectOptions => ({ method: 'PATCH', url, payload });

/** Settings that enable every optional operation. */
const ALL_OPERATIONS = { settings: EMAIL_TEST_SETTINGS };

/** Every operation of the API, by its operation id in the OpenAPI document. */
const OPERATIONS: Record<string, Row> = {
  createUser: {
    scope: 'users:write',
    send: () => post('/users', { ...JOHN, contactEmail: 'new@example.com' }),
    success: 201,
    bound: REJECTED,
  },
  createUsers: {
    scope: 'users:write',
    send: () => post('/users/batch', { users: [{ ...JOHN, contactEmail: 'new@example.com' }] }),
    success: 201,
    bound: REJECTED,
  },
  listUsers: {
    scope: 'users:read',
    send: () => get('/users'),
    success: 200,
    bound: { own: 200, another: 200, none: 200 },
  },
  getUser: {
    scope: 'users:read',
    send: (id) => get(`/users/${id}`),
    success: 200,
    bound: { own: 200, another: 403, none: 403 },
  },
  updateUser: {
    scope: 'users:write',
    send: (id) => patch(`/users/${id}`, { firstName: 'Jim' }),
    success: 200,
    bound: { own: 200, another: 403, none: 403 },
  },
  deleteUser: {
    scope: 'users:write',
    send: (id) => remove(`/users/${id}`),
    success: 204,
    bound: { own: 204, another: 403, none: 403 },
  },
  getEmailConfirmation: {
    scope: 'users:read',
    send: (id) => get(`/users/${id}/email-confirmation`),
    success: 200,
    bound: { own: 200, another: 403, none: 403 },
  },
  requestEmailConfirmation: {
    scope: 'users:write',
    send: (id) => ({ method: 'POST', url: `/users/${id}/email-confirmation` }),
    success: 202,
    bound: { own: 202, another: 403, none: 403 },
  },
  createTask: {
    scope: 'tasks:write',
    send: (userId) => post('/tasks', { ...REPORT, userId }),
    success: 201,
    bound: { own: 201, another: 403, none: 403 },
  },
  createTasks: {
    scope: 'tasks:write',
    send: (userId) => post('/tasks/batch', { tasks: [{ ...REPORT, userId }] }),
    success: 201,
    bound: { own: 201, another: 403, none: 403 },
  },
  updateTasks: {
    scope: 'tasks:write',
    send: (taskId) => patch('/tasks/batch', { tasks: [{ taskId, warningOffset: 5 }] }),
    success: 200,
    bound: { own: 200, another: 403, none: 403 },
  },
  deleteTasks: {
    scope: 'tasks:write',
    send: (taskId) => post('/tasks/batch-delete', { taskIds: [taskId] }),
    success: 204,
    bound: { own: 204, another: 403, none: 403 },
  },
  listTasks: {
    scope: 'tasks:read',
    send: (userId) => get(`/tasks?userId=${userId}`),
    success: 200,
    bound: { own: 200, another: 200, none: 200 },
  },
  getTask: {
    scope: 'tasks:read',
    send: (id) => get(`/tasks/${id}`),
    success: 200,
    bound: { own: 200, another: 403, none: 403 },
  },
  updateTask: {
    scope: 'tasks:write',
    send: (id) => patch(`/tasks/${id}`, { warningOffset: 5 }),
    success: 200,
    bound: { own: 200, another: 403, none: 403 },
  },
  deleteTask: {
    scope: 'tasks:write',
    send: (id) => remove(`/tasks/${id}`),
    success: 204,
    bound: { own: 204, another: 403, none: 403 },
  },
  listEvents: {
    scope: 'users:read',
    alsoWith: EVENT_SCOPES.slice(1),
    send: () => get('/events'),
    success: 200,
    bound: { own: 200, another: 200, none: 200 },
  },
  issueToken: { scope: 'admin', send: () => post('/tokens', NEW_TOKEN), success: 201, bound: REJECTED },
  getCaller: {
    scope: 'admin',
    alsoWith: ALL_BUT_ADMIN,
    send: () => get('/whoami'),
    success: 200,
    bound: { own: 200, another: 200, none: 200 },
  },
  listTokens: { scope: 'admin', send: () => get('/tokens'), success: 200, bound: REJECTED },
  getToken: { scope: 'admin', send: (id) => get(`/tokens/${id}`), success: 200, bound: REJECTED },
  rotateToken: {
    scope: 'admin',
    send: (id) => ({ method: 'POST', url: `/tokens/${id}/rotate` }),
    success: 200,
    bound: REJECTED,
  },
  revokeToken: { scope: 'admin', send: (id) => remove(`/tokens/${id}`), success: 204, bound: REJECTED },
  getStatus: { scope: 'admin', send: () => get('/status'), success: 200, bound: REJECTED },
  createWebhook: { scope: 'admin', send: () => post('/webhooks', NEW_WEBHOOK), success: 201, bound: REJECTED },
  listWebhooks: { scope: 'admin', send: () => get('/webhooks'), success: 200, bound: REJECTED },
  getWebhook: { scope: 'admin', send: (id) => get(`/webhooks/${id}`), success: 200, bound: REJECTED },
  updateWebhook: {
    scope: 'admin',
    send: (id) => patch(`/webhooks/${id}`, { enabled: false }),
    success: 200,
    bound: REJECTED,
  },
  deleteWebhook: { scope: 'admin', send: (id) => remove(`/webhooks/${id}`), success: 204, bound: REJECTED },
  listDeliveries: { scope: 'admin', send: (id) => get(`/webhooks/${id}/deliveries`), success: 200, bound: REJECTED },
  getDelivery: { scope: 'admin', send: () => get('/webhooks/1/deliveries/1'), success: 200, bound: REJECTED },
  rotateWebhook: {
    scope: 'admin',
    send: (id) => ({ method: 'POST', url: `/webhooks/${id}/rotate` }),
    success: 200,
    bound: REJECTED,
  },
  testWebhook: {
    scope: 'admin',
    send: (id) => ({ method: 'POST', url: `/webhooks/${id}/test` }),
    success: 202,
    bound: REJECTED,
  },
  redeliver: {
    scope: 'admin',
    send: () => ({ method: 'POST', url: '/webhooks/1/deliveries/1/redeliver' }),
    success: 202,
    bound: REJECTED,
  },
  listAudit: { scope: 'admin', send: () => get('/audit'), success: 200, bound: REJECTED },
  listHistory: { scope: 'admin', send: (id) => get(`/tasks/${id}/history`), success: 200, bound: REJECTED },
};

/** The status of a repeated request, if it differs. */
const AGAIN: Record<string, number> = { createUser: 400, createUsers: 400, requestEmailConfirmation: 429 };

/** Two users with a task each, and two webhooks with a delivery for each user. */
async function twoUsers(app: TestApp): Promise<void> {
  for (let i = 0; i < 2; i++) await app.post('/webhooks', NEW_WEBHOOK);
  await app.post('/users', JOHN);
  await app.post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  await app.post('/tasks', REPORT);
  await app.post('/tasks', { ...REPORT, userId: 2 });
  while (await app.store.deliveries.enqueue());
}

testOnBothDatabases('every operation that needs a token is in the permission table', async (t) => {
  const { request } = await testApp(t, ALL_OPERATIONS);
  const { paths } = (await request({ url: '/openapi.json' })).json();
  const operations = Object.values(paths as Record<string, Record<string, { operationId: string; security: [] }>>)
    .flatMap((path) => Object.values(path))
    .filter(({ security }) => security.length > 0);
  assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(OPERATIONS).sort());
});

for (const [name, { scope, alsoWith = [], send, success, bound }] of Object.entries(OPERATIONS)) {
  // The last use of a token is recorded asynchronously.
  const isToken = name.endsWith('Tokens') || name === 'getToken';
  const responsesDiffer = name === 'getStatus' ? 'it names the database' : 'the last use may not be recorded yet';
  const options = isToken || name === 'getStatus' ? { responsesDiffer } : {};
  testOnBothDatabases(`${name} enforces scopes and ownership`, options, async (t) => {
    const tested = await testApp(t, ALL_OPERATIONS);
    const { app, request, token } = tested;
    await twoUsers(tested);
    assert.equal((await app.inject(send(1))).statusCode, 401, 'no token');
    const forged = { authorization: `Bearer tmapi_1_${'0'.repeat(46)}` };
    assert.equal((await app.inject({ ...send(1), headers: forged })).statusCode, 401, 'a forged token');

    for (const one of SCOPES.filter((one) => ![scope, ...alsoWith, 'admin'].includes(one))) {
      const service = await token({ scopes: [one] });
      const user = await token({ scopes: [one], userId: 1 });
      for (const text of [service, user]) {
        const { statusCode, headers } = await request({ ...send(1), token: text });
        assert.equal(statusCode, 403, `${text === user ? 'a user' : 'a service'} with ${one}`);
        // RFC 6750, section 3. Each of these scopes allows some of the events.
        const missing = [scope, ...alsoWith].join(' ');
        assert.equal(headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${missing}"`);
      }
    }

    for (const target of ['none', 'another', 'own'] as const) {
      const user = await token({ scopes: ALL_BUT_ADMIN, userId: 1 });
      const response = await request({ ...send(TARGETS[target]), token: user });
      assert.equal(response.statusCode, bound[target], `a user, ${target}: ${response.body}`);
      // A 403 for another user's resource names no missing scope.
      const challenge = response.headers['www-authenticate'];
      if (scope !== 'admin' || response.statusCode !== 403) assert.equal(challenge, undefined, `a user, ${target}`);
      else assert.equal(challenge, 'Bearer error="insufficient_scope", scope="admin"', `a user, ${target}`);
    }
    const service = await token({ scopes: [scope] });
    assert.equal((await request({ ...send(2), token: service })).statusCode, success, `a service with ${scope}`);
    if (success === 204) return;
    const admin = await token({ scopes: ['admin'] });
    const again = await request({ ...send(2), token: admin });
    assert.equal(again.statusCode, AGAIN[name] ?? success, 'an administrator');
  });
}

testOnBothDatabases('lists of a user token hold only its user’s rows, with any filter', async (t) => {
  const tested = await testApp(t);
  const { request, token } = tested;
  await twoUsers(tested);
  const user = await token({ scopes: ALL_BUT_ADMIN, userId: 1 });
  const list = async (url: string) => {
    const response = await request({ url, token: user, headers: { prefer: 'count=exact' } });
    assert.equal(response.statusCode, 200, response.body);
    return { ...response.json(), total: response.headers['x-total-count'] };
  };
  assert.deepEqual(await list('/users'), { users: [{ userId: 1, ...JOHN }], total: '1' });
  assert.deepEqual(await list('/users?contactEmail=jane@example.com'), { users: [], total: '0' });
  for (const url of [
    '/tasks',
    '/tasks?userId=1',
    '/tasks?_sort=-dueDate',
    '/tasks?updatedSince=2000-01-01T00:00:00Z',
  ]) {
    const { tasks, total } = await list(url);
    assert.deepEqual([tasks.map(({ taskId }: { taskId: number }) => taskId), total], [[1], '1'], url);
  }
  assert.deepEqual(await list('/tasks?userId=2'), { tasks: [], total: '0' });
  assert.deepEqual(await list('/tasks?userId=999'), { tasks: [], total: '0' });
});

testOnBothDatabases('a user token cannot use the cursor of a token that sees more', async (t) => {
  const tested = await testApp(t);
  const { request, token } = tested;
  await twoUsers(tested);
  const next = String((await request({ url: '/tasks?_perPage=1' })).headers.link).match(/<([^>]*)>; rel="next"/)?.[1];
  assert.ok(next);
  const user = await token({ scopes: ALL_BUT_ADMIN, userId: 1 });
  assert.equal((await request({ url: next, token: user })).statusCode, 400);
});

testOnBothDatabases('a user token cannot reassign a task, which is reported after validation errors', async (t) => {
  const tested = await testApp(t);
  const { token, patch: change, post: create, request } = tested;
  await twoUsers(tested);
  const user = await token({ scopes: ALL_BUT_ADMIN, userId: 1 });
  assert.equal((await change('/tasks/1', { userId: 2, warningOffset: -1 }, user)).statusCode, 400);
  assert.equal((await change('/tasks/1', { userId: 2 }, user)).statusCode, 403);
  assert.equal((await change('/tasks/1', { userId: 1, warningOffset: 9 }, user)).statusCode, 200);
  assert.equal((await create('/tasks', { ...REPORT, userId: 2, warningOffset: -1 }, user)).statusCode, 400);
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'no key' };
  const payload = { ...REPORT, userId: 2 };
  assert.equal((await request({ method: 'POST', url: '/tasks', token: user, headers, payload })).statusCode, 400);
  // Another user's task in the path is reported before the body; an invalid id belongs to no user.
  assert.equal((await change('/tasks/2', { warningOffset: -1 }, user)).statusCode, 403);
  assert.equal((await change('/tasks/2', 'not JSON', user)).statusCode, 403);
  assert.equal((await change('/tasks/abc', { warningOffset: 1 }, user)).statusCode, 400);
  assert.equal((await request({ url: '/users/abc', token: user })).statusCode, 400);
});

testOnBothDatabases('a user token does not see a task that is reassigned while it is read', async (t) => {
  const tested = await testApp(t);
  const { token, request, store } = tested;
  await twoUsers(tested);
  const user = await token({ scopes: ALL_BUT_ADMIN, userId: 1 });
  const getTask = store.tasks.get.bind(store.tasks);
  t.mock.method(store.tasks, 'get', async (taskId: number) => {
    const task = await getTask(taskId);
    await store.tasks.update(taskId, { userId: 2, taskTitle: 'Not for user 1' }, ACTOR);
    return task;
  });
  const response = await request({ url: '/tasks/1', token: user });
  assert.equal(response.json().userId, 1, response.body);
  assert.equal((await request({ url: '/tasks/1', token: user })).statusCode, 403);
});
