import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type TestApp, testApp } from '../support/app.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';

interface Media {
  schema: { $ref: string };
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface DescribedResponse {
  headers: Record<string, unknown>;
  content?: { 'application/json': Media };
}

interface Operation {
  operationId: string;
  parameters?: { $ref?: string }[];
  security: object[];
  requestBody?: { content: { 'application/json': Media } };
  responses: Record<string, DescribedResponse & { $ref?: string }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, { examples?: unknown[]; properties: Record<string, object> }>;
    responses: Record<string, DescribedResponse>;
  };
}

/** Routes that are no operations of the API: pages, and what speaks the Model Context Protocol. */
const PAGES =
  /^\/(?:mcp|\.well-known\/.+|openapi\.json|docs(?:\/.*)?|console(?:\/.*)?|favicon\.ico|confirm-email(?:\/.+)?)?$/;

async function getDocument(t: TestContext): Promise<TestApp & { document: Document }> {
  // With every operation that can be turned on.
  const app = await testApp(t, { settings: EMAIL_TEST_SETTINGS });
  const response = await app.app.inject({ url: '/openapi.json' });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers['content-type'], 'application/json; charset=utf-8');
  return { ...app, document: response.json() };
}

function resolve(document: Document, { $ref, ...response }: DescribedResponse & { $ref?: string }): DescribedResponse {
  return $ref === undefined
    ? response
    : (document.components.responses[$ref.split('/').at(-1) as string] as DescribedResponse);
}

/** Every path and method that the router knows, but for HEAD, OPTIONS and those that get a 405. */
async function routesOf({ app }: TestApp): Promise<string[]> {
  const found: string[] = [];
  const branches: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', branch, methods] = /^(.*?)[├└]── (\S+)(?: \((.*)\))?/.exec(line) ?? [];
    if (branch === undefined) continue;
    const depth = indent.length / 4;
    branches.splice(depth, branches.length, branch);
    if (methods === undefined) continue;
    const path = branches.join('');
    const { headers } = await app.inject({ method: 'OPTIONS', url: path.replace(/:\w+/, '1') });
    for (const method of String(headers.allow).split(', ')) {
      if (method !== 'HEAD' && method !== 'OPTIONS') found.push(`${method} ${path}`);
    }
  }
  return [...new Set(found)];
}

test('the document is valid OpenAPI 3.1, and no rule of the linter finds anything', async (t) => {
  const { document } = await getDocument(t);
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: '/openapi.json', config });
  assert.deepEqual(
    problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`),
    [],
  );
});

test('every route but the pages is an operation of the document, and nothing else is', async (t) => {
  const app = await getDocument(t);
  const documented = Object.entries(app.document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const routes = (await routesOf(app)).filter((route) => !PAGES.test(route.split(' ')[1] as string));
  assert.ok(routes.includes('PATCH /users/:userId'), `is the router's list read rightly? ${routes}`);
  assert.deepEqual(documented.toSorted(), routes.toSorted());
});

test('every operation has the name that clients call it by', async (t) => {
  const { document } = await getDocument(t);
  const names = Object.values(document.paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  );
  assert.deepEqual(names, [
    ...['createUser', 'listUsers', 'getUser', 'updateUser', 'deleteUser'],
    'createUsers',
    ...['createTask', 'listTasks', 'getTask', 'updateTask', 'deleteTask'],
    ...['createTasks', 'updateTasks', 'deleteTasks'],
    ...['getEmailConfirmation', 'requestEmailConfirmation'],
    'listEvents',
    ...['createWebhook', 'listWebhooks', 'getWebhook', 'updateWebhook', 'deleteWebhook'],
    ...['rotateWebhook', 'testWebhook', 'listDeliveries', 'getDelivery', 'redeliver'],
    ...['issueToken', 'listTokens', 'getToken', 'revokeToken', 'rotateToken', 'getCaller'],
    ...['listAudit', 'listHistory'],
    ...['getLiveness', 'getReadiness', 'getStatus'],
  ]);
});

test('every example is one that its schema accepts, and every body has one', async (t) => {
  const { document } = await getDocument(t);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  const check = (reference: string, example: unknown) => {
    const accepts = ajv.getSchema(`document${reference}`);
    assert.ok(
      accepts?.(example),
      `${reference} rejects ${JSON.stringify(example)}: ${ajv.errorsText(accepts?.errors)}`,
    );
  };
  for (const [name, { examples = [] }] of Object.entries(document.components.schemas)) {
    for (const example of examples) check(`#/components/schemas/${name}`, example);
  }
  let bodies = 0;
  for (const operation of Object.values(document.paths).flatMap((operations) => Object.values(operations))) {
    const responses = Object.values(operation.responses).map((response) => resolve(document, response));
    for (const media of [operation.requestBody, ...responses].map((body) => body?.content?.['application/json'])) {
      if (media === undefined) continue;
      bodies++;
      const name = media.schema.$ref.split('/').at(-1) as string;
      const own = [media.example ?? [], Object.values(media.examples ?? {}).map(({ value }) => value)].flat();
      for (const example of own) check(media.schema.$ref, example);
      assert.ok(own.length > 0 || document.components.schemas[name]?.examples?.length, `${name} has no example`);
    }
  }
  assert.ok(bodies > 100);
});

test('the seed’s user is the example of creating one, and gets the documented response', async (t) => {
  const { document, post } = await getDocument(t);
  const { NewUser, User, NewTask, Task } = document.components.schemas;
  assert.deepEqual(NewUser?.examples, [{ firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' }]);
  assert.deepEqual((await post('/users', NewUser?.examples?.[0])).json(), User?.examples?.[0]);
  assert.deepEqual((await post('/tasks', NewTask?.examples?.[0])).json(), Task?.examples?.[0]);
});

test('the errors that are shown are what the service responds', async (t) => {
  const { document, post, request } = await getDocument(t);
  const john = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };
  const task = { userId: 1, taskTitle: 'x', dueDate: '2026-06-30T17:00:00Z', warningOffset: 0 };
  await post('/users', john);
  const withKey = (url: string, payload: object, key: string) =>
    request({ method: 'POST', url, payload, headers: { 'idempotency-key': key } });
  const provoked = {
    'post /users': {
      'lastName: Is required': await post('/users', { ...john, lastName: undefined }),
      'contactEmail: Invalid format': await post('/users', { ...john, contactEmail: 'john' }),
      'contactEmail: Already in use': await post('/users', john),
      'Idempotency-Key: Invalid format': await withKey('/users', { ...john, contactEmail: 'j@example.com' }, 'a b'),
      'body: Invalid format': await post('/users', ''),
      'Content-Type: Invalid value': await request({
        method: 'POST',
        url: '/users',
        payload: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    },
    'post /tasks': {
      'dueDate: Is required': await post('/tasks', { ...task, dueDate: undefined }),
      'userId: Does not exist': await post('/tasks', { ...task, userId: 7 }),
      'taskTitle: String too long': await post('/tasks', { ...task, taskTitle: 'x'.repeat(81) }),
      'taskStatus: Invalid value': await post('/tasks', { ...task, taskStatus: 'DONE' }),
      'dueDate: Invalid format': await post('/tasks', { ...task, dueDate: 'tomorrow' }),
      'warningOffset: Value too large': await post('/tasks', { ...task, warningOffset: 64_001 }),
      'Idempotency-Key: Invalid format': await withKey('/tasks', task, 'a b'),
      'body: Invalid format': await post('/tasks', ''),
      'Content-Type: Invalid value': await request({
        method: 'POST',
        url: '/tasks',
        payload: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    },
    'post /tokens': {
      'scopes: Is required': await post('/tokens', { name: 'x' }),
      'scopes: Invalid value': await post('/tokens', { name: 'x', scopes: ['users'] }),
      'userId: Does not exist': await post('/tokens', { name: 'x', scopes: ['users:read'], userId: 7 }),
      'Idempotency-Key: Invalid format': await withKey('/tokens', { name: 'x', scopes: ['admin'] }, 'x'.repeat(256)),
      'body: Invalid format': await post('/tokens', ''),
      'Content-Type: Invalid value': await request({
        method: 'POST',
        url: '/tokens',
        payload: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    },
    'get /users': { '_page: Invalid value': await request({ url: '/users?_page=x' }) },
    'get /tasks/{taskId}': { 'taskId: Invalid value': await request({ url: '/tasks/abc' }) },
  };
  for (const [operation, responses] of Object.entries(provoked)) {
    const [method = '', path = ''] = operation.split(' ');
    const examples = document.paths[path]?.[method]?.responses[400]?.content?.['application/json'].examples ?? {};
    assert.deepEqual(Object.keys(examples), Object.keys(responses), operation);
    for (const [name, response] of Object.entries(responses)) {
      assert.equal(response.statusCode, 400);
      assert.deepEqual(withoutId(examples[name]?.value as object), withoutId(response.json()), `${operation} ${name}`);
    }
  }
});

function withoutId(body: object): object {
  return { ...body, requestId: '' };
}

/** What is the same for every response, or only about the connection, the document does not name. */
const OF_EVERY_RESPONSE = [
  ...['connection', 'content-length', 'content-type', 'date'],
  ...['cache-control', 'content-security-policy', 'x-content-type-options'],
];

test('responses have the headers that the document names', async (t) => {
  const { document, post, request, token, app } = await getDocument(t);
  const limited = await token({ plan: 'basic' });
  const john = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };
  const createJohn = {
    method: 'POST' as const,
    url: '/users',
    payload: john,
    token: limited,
    headers: { 'idempotency-key': 'john' },
  };
  await request(createJohn);
  const responses = {
    // The second time, when the response says that it is the first one's.
    'post /users 201': await request(createJohn),
    'get /users/{userId} 200': await request({ url: '/users/1', token: limited }),
    'get /users/{userId} 304': await request({ url: '/users/1', token: limited, headers: { 'if-none-match': '"1"' } }),
    'get /users 200': await request({ url: '/users', token: limited, headers: { prefer: 'count=exact' } }),
    'patch /users/{userId} 200': await request({
      method: 'PATCH',
      url: '/users/1',
      token: limited,
      payload: { lastName: 'Dow' },
    }),
    'delete /users/{userId} 204': await request({ method: 'DELETE', url: '/users/1', token: limited }),
    'get /users/{userId} 404': await request({ url: '/users/1', token: limited }),
    'post /users 400': await post('/users', '', limited),
    'get /users 401': await app.inject({ url: '/users' }),
    'get /users 405': await request({ method: 'PUT', url: '/users', token: limited }),
    'get /health/live 200': await app.inject({ url: '/health/live' }),
    'get /health/live 405': await app.inject({ method: 'POST', url: '/health/live' }),
  };
  for (const [name, response] of Object.entries(responses)) {
    const [method = '', path = '', status = ''] = name.split(' ');
    const documented = resolve(document, document.paths[path]?.[method]?.responses[status] as DescribedResponse);
    assert.equal(response.statusCode, Number(status), name);
    const sent = Object.keys(response.headers).filter((header) => !OF_EVERY_RESPONSE.includes(header));
    // Sent only if there are replicas: see test/storage/postgres/replicas.test.ts.
    const optional = ['consistency-token'];
    const headers = Object.keys(documented.headers).map((header) => header.toLowerCase());
    const named = headers.filter((header) => !optional.includes(header));
    assert.deepEqual(sent.toSorted(), named.toSorted(), name);
  }
});

test('fields that a client must not set are not shown to it, but for the id that may be sent back', async (t) => {
  const { document } = await getDocument(t);
  const { NewUser, UserChanges, NewTask, TaskChanges } = document.components.schemas;
  const writable = ['firstName', 'lastName', 'contactEmail'];
  assert.deepEqual(Object.keys(NewUser?.properties ?? {}), writable);
  assert.deepEqual(Object.keys(UserChanges?.properties ?? {}), ['userId', ...writable]);
  assert.equal(Object.keys(NewTask?.properties ?? {})[0], 'userId');
  assert.equal(Object.keys(TaskChanges?.properties ?? {})[0], 'taskId');
});

test('the document has an entity tag', async (t) => {
  const { app } = await testApp(t);
  const { headers, body } = await app.inject({ url: '/openapi.json' });
  const again = await app.inject({ url: '/openapi.json', headers: { 'if-none-match': String(headers.etag) } });
  assert.equal(again.statusCode, 304);
  assert.equal(again.body, '');
  assert.equal((await app.inject({ url: '/openapi.json' })).body, body);
});

test('the operations that can be read from a replica, and only these, have the headers that limit its age', async (t) => {
  const { document } = await getDocument(t);
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  for (const name of ['Consistency-Token', 'Cache-Control']) {
    const $ref = `#/components/parameters/${name}`;
    const withHeader = operations.filter(({ parameters = [] }) => parameters.some((one) => one.$ref === $ref));
    assert.deepEqual(
      withHeader.map(({ operationId }) => operationId).sort(),
      ['listAudit', 'listEvents', 'listHistory', 'listTasks', 'listUsers'],
      name,
    );
  }
});
