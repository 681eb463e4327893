import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskApi } from '../../client/src/index.ts';
import { clientApp } from '../support/client.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const PAGE = { page: 0, perPage: 1 };
const READ = { count: true, ifNoneMatch: '"none"' };
const REPLICATED = { ...READ, maxAgeSeconds: 0 };
const CONSISTENCY = 'consistency-token';
const HOOK = { url: 'https://hooks.example.com/', events: ['task.completed' as const] };

/** Calls that together use every operation, parameter and header of the API. They are made in this order. */
const CALLS: Record<string, (api: TaskApi) => Promise<unknown>> = {
  createUser: (api) => api.users.create(JOHN),
  createUsers: (api) => api.users.createBatch([{ ...JOHN, contactEmail: 'jane@example.com' }], { lenient: true }),
  listUsers: async (api) => {
    const query = { updatedSince: '2020-01-01T00:00:00Z', userId: [1, 2], sort: '-userId' };
    const names = { firstName: 'John', lastName: 'Doe', contactEmail: JOHN.contactEmail, search: 'john' };
    await api.users.listPage({ ...PAGE, ...query, ...names }, REPLICATED);
    await Array.fromAsync(api.users.list({ ...query, perPage: 1 }));
    await Array.fromAsync(api.users.stream(query));
  },
  getUser: (api) => api.users.get(1, { ifNoneMatch: '"none"' }),
  updateUser: (api) => api.users.update(1, { lastName: 'King' }, { ifMatch: '*' }),
  getEmailConfirmation: (api) => api.users.getEmailConfirmation(1, { ifNoneMatch: '"none"' }),
  requestEmailConfirmation: (api) => api.users.requestEmailConfirmation(1),
  createTask: (api) => api.tasks.create(REPORT),
  createTasks: (api) => api.tasks.createBatch([REPORT, REPORT], { lenient: true }),
  listTasks: async (api) => {
    const query = { updatedSince: '2020-01-01T00:00:00Z', taskId: [1, 2, 3], userId: 1, sort: 'dueDate' };
    const status = { taskStatus: ['NOT_STARTED' as const], search: 'report' };
    const due = { dueAfter: '2020-01-01T00:00:00Z', dueBefore: '2040-01-01T00:00:00Z', overdue: false };
    await api.tasks.listPage({ ...PAGE, ...query, ...status, ...due }, REPLICATED);
    await Array.fromAsync(api.tasks.list({ userId: 1, perPage: 1 }));
    await Array.fromAsync(api.tasks.stream({ userId: 1 }));
  },
  getTask: (api) => api.tasks.get(1, { ifNoneMatch: '"none"' }),
  updateTask: (api) => api.tasks.update(1, { warningOffset: 5 }, { ifMatch: '*' }),
  updateTasks: (api) => api.tasks.updateBatch([{ taskId: 1, warningOffset: 6 }], { lenient: true }),
  listHistory: async (api) => {
    await api.tasks.historyPage(1, { ...PAGE, sort: 'sequence' }, REPLICATED);
    await Array.fromAsync(api.tasks.history(1, { perPage: 1 }));
  },
  deleteTasks: (api) => api.tasks.deleteBatch([2], { lenient: true }),
  deleteTask: (api) => api.tasks.delete(1, { ifMatch: '*' }),
  listAudit: async (api) => {
    const period = { changedAfter: '2020-01-01T00:00:00Z', changedBefore: '2040-01-01T00:00:00Z' };
    const by = { userId: 1, taskId: 1, type: ['task.created' as const], actor: '1', ...period };
    await api.audit.listPage({ ...PAGE, sort: 'sequence', ...by }, REPLICATED);
    await Array.fromAsync(api.audit.list({ perPage: 1 }));
  },
  listEvents: async (api) => {
    await api.events.listPage({ after: 0, perPage: 1 }, { ifNoneMatch: '"none"', maxAgeSeconds: 0 });
    for await (const _ of api.events.follow({ after: 0 })) break;
  },
  createWebhook: (api) => api.webhooks.create(HOOK),
  listWebhooks: async (api) => {
    await api.webhooks.create(HOOK);
    await api.webhooks.listPage({ ...PAGE, sort: 'webhookId' }, READ);
    await Array.fromAsync(api.webhooks.list({ perPage: 1 }));
  },
  getWebhook: (api) => api.webhooks.get(1, { ifNoneMatch: '"none"' }),
  updateWebhook: (api) => api.webhooks.update(1, { enabled: true }, { ifMatch: '*' }),
  rotateWebhook: (api) => api.webhooks.rotate(1),
  testWebhook: (api) => api.webhooks.test(1),
  listDeliveries: async (api) => {
    await api.webhooks.test(1);
    await api.webhooks.deliveriesPage(1, { ...PAGE, sort: 'deliveryId', state: 'pending' }, READ);
    await Array.fromAsync(api.webhooks.deliveries(1, { perPage: 1 }));
  },
  getDelivery: (api) => api.webhooks.getDelivery(1, 1, { ifNoneMatch: '"none"' }),
  redeliver: (api) => api.webhooks.redeliver(1, 1),
  deleteWebhook: (api) => api.webhooks.delete(1, { ifMatch: '*' }),
  issueToken: (api) => api.tokens.create({ name: 'another', scopes: ['users:read'] }),
  listTokens: async (api) => {
    await api.tokens.listPage({ ...PAGE, sort: 'tokenId' }, READ);
    await Array.fromAsync(api.tokens.list({ perPage: 1 }));
  },
  getToken: (api) => api.tokens.get(2, { ifNoneMatch: '"none"' }),
  rotateToken: (api) => api.tokens.rotate(2),
  revokeToken: (api) => api.tokens.revoke(2),
  getCaller: (api) => api.tokens.whoami({ ifNoneMatch: '"none"' }),
  getLiveness: (api) => api.health.live(),
  getReadiness: (api) => api.health.ready(),
  getStatus: (api) => api.health.status({ ifNoneMatch: '"none"' }),
  deleteUser: (api) => api.users.delete(1, { ifMatch: '*' }),
};

interface Parameter {
  name: string;
  in: 'query' | 'path' | 'header';
  $ref?: string;
}

interface Document {
  paths: Record<string, Record<string, { operationId: string; parameters?: Parameter[] }>>;
  components: { parameters: Record<string, Parameter> };
}

/** Each operation with the names of its parameters in query and headers, in small letters. */
function describeOperations({ paths, components }: Document): Record<string, string[]> {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  return Object.fromEntries(
    operations.map(({ operationId, parameters = [] }) => {
      const resolved = parameters.map((one) => components.parameters[one.$ref?.split('/').at(-1) ?? ''] ?? one);
      const names = resolved.filter((one) => one.in !== 'path').map(({ name }) => name.toLowerCase());
      return [operationId, [...new Set(names)].sort()];
    }),
  );
}

/** The operation of a request. */
function findOperation({ paths }: Document, method: string, pathname: string): string | undefined {
  // The longest path first: `/tasks/batch` is no `/tasks/{taskId}`.
  const found = Object.entries(paths).filter(
    ([path, methods]) =>
      methods[method.toLowerCase()] !== undefined &&
      new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  const [, methods] = found.find(([path]) => path === pathname) ?? found[0] ?? [];
  return methods?.[method.toLowerCase()]?.operationId;
}

test('the client has every operation of the OpenAPI document, with every parameter and header', async (t) => {
  const { app, connect } = await clientApp(t, { settings: EMAIL_TEST_SETTINGS });
  const document: Document = (await app.inject({ url: '/openapi.json' })).json();
  const used = new Map<string, Set<string>>();
  const api = connect({
    fetch: async (input, init) => {
      const { pathname, searchParams } = new URL(String(input));
      const operation = findOperation(document, init?.method ?? 'GET', pathname) ?? `no operation: ${pathname}`;
      const headers = [...new Headers(init?.headers).keys()];
      const parameters = used.get(operation) ?? new Set();
      for (const name of [...searchParams.keys(), ...headers]) parameters.add(name.toLowerCase());
      used.set(operation, parameters);
      const response = await fetch(input, init);
      // As a service with replicas does, from the first write on.
      const sent = new Headers([...response.headers, [CONSISTENCY, '0000000000000001']]);
      return new Response(response.body, { status: response.status, headers: sent });
    },
  });
  for (const [operation, call] of Object.entries(CALLS)) {
    await call(api);
    assert.ok(used.has(operation), `the call does not use ${operation}`);
  }
  const standard = ['authorization', 'content-type', 'accept'];
  const readsReplicas = (name: string) =>
    described.some(([other, names]) => other === name && names.includes(CONSISTENCY));
  const described = Object.entries(describeOperations(document)).sort();
  const inClient = [...used].map(([name, parameters]) => [
    name,
    [...parameters]
      .filter((parameter) => !standard.includes(parameter))
      // The client sends it with every request, because it does not know which of them need it.
      .filter((parameter) => parameter !== CONSISTENCY || readsReplicas(name))
      .sort(),
  ]);
  assert.deepEqual(inClient.sort(), described);
});
