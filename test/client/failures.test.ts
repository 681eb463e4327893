import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, NetworkError, type TaskApi } from '../../client/src/index.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { clientApp } from '../support/client.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { FAILURES, type Failure, startUnreliableProxy } from '../support/unreliable-proxy.ts';

const FAILURE_COUNT = 200;

/** Long enough for a request on a busy machine, and short for the slow ones. */
const TIMEOUT_MS = 1_000;

const CONCURRENCY = 5;

/** Creations of one thing, or of several, under names that begin with the given one. */
const CREATIONS: ((api: TaskApi, name: string) => Promise<unknown>)[] = [
  (api, name) => api.users.create(user(name)),
  (api, name) => api.tasks.create({ ...REPORT, taskTitle: name }),
  (api, name) => api.tokens.create({ name, scopes: ['tasks:read'] }),
  (api, name) => api.users.createBatch([user(`${name}a`), user(`${name}b`)]),
  (api, name) => api.tasks.createBatch(['a', 'b'].map((letter) => ({ ...REPORT, taskTitle: name + letter }))),
];

/** The names that they create. */
function namesOf(n: number): string[] {
  return n % CREATIONS.length < 3 ? [`item-${n}`] : [`item-${n}a`, `item-${n}b`];
}

function user(firstName: string) {
  return { ...JOHN, firstName, contactEmail: `${firstName}@example.com` };
}

function isTyped(error: Error): boolean {
  return error instanceof ApiError || error instanceof NetworkError;
}

testOnBothDatabases(`after ${FAILURE_COUNT} failures, each creation has happened once`, async (t) => {
  const { url, api: direct, connect } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const errors: Error[] = [];
  const api = connect({
    baseUrl: proxy.url,
    timeoutMs: TIMEOUT_MS,
    deadlineMs: 3_600_000,
    onRetry: ({ error }) => errors.push(error),
  });
  await direct.users.create(JOHN);
  const creations = FAILURE_COUNT / 2;
  proxy.failures = Array.from({ length: creations }, (_, n) => [
    FAILURES[n % FAILURES.length],
    // Other pairs in each round.
    FAILURES[(n + Math.floor(n / FAILURES.length)) % FAILURES.length],
    undefined,
  ]).flat();
  const numbers = Array.from({ length: creations }, (_, n) => n);
  const queue = numbers.values();
  const work = async () => {
    for (const n of queue) await CREATIONS[n % CREATIONS.length]?.(api, `item-${n}`);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  assert.equal(proxy.failed, FAILURE_COUNT);
  assert.ok(errors.length >= FAILURE_COUNT);
  assert.deepEqual(
    errors.filter((error) => !isTyped(error)),
    [],
  );

  const names = [
    ...(await Array.fromAsync(direct.users.list(), ({ firstName }) => firstName)),
    ...(await Array.fromAsync(direct.tasks.list(), ({ taskTitle }) => taskTitle)),
    ...(await Array.fromAsync(direct.tokens.list(), ({ name }) => name)),
  ];
  const created = names.filter((name) => name.startsWith('item-'));
  assert.deepEqual(created.sort(), numbers.flatMap(namesOf).sort());
});

/** What the client reports for each failure before it retries. */
const ERRORS: Record<Failure, object> = {
  'cut-before': { name: 'NetworkError' },
  'cut-after': { name: 'NetworkError' },
  'cut-within': { name: 'NetworkError' },
  slow: { name: 'TimeoutError' },
  'rejected-429': { name: 'ApiError', code: 'RATE_LIMIT_EXCEEDED', status: 429 },
  'rejected-503': { name: 'ApiError', code: 'SERVICE_UNAVAILABLE', status: 503 },
  'late-503': { name: 'ApiError', code: 'SERVICE_UNAVAILABLE', status: 503 },
  'bad-gateway': { name: 'ApiError', code: 'UNEXPECTED_RESPONSE', status: 502 },
};

test('each failure is a typed error', async (t) => {
  const { url, connect } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const errors: Error[] = [];
  const api = connect({ baseUrl: proxy.url, onRetry: ({ error }) => errors.push(error) });
  for (const failure of FAILURES) {
    proxy.failures = [failure];
    await api.users.listPage({}, failure === 'slow' ? { timeoutMs: TIMEOUT_MS } : {});
    const [error] = errors.splice(0);
    assert.ok(error !== undefined && isTyped(error), failure);
    assert.partialDeepStrictEqual({ ...error, name: error.name }, ERRORS[failure], failure);
  }
});

test('a deletion whose response is lost succeeds, and one of what never existed fails', async (t) => {
  const { url, api: direct, connect } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const api = connect({ baseUrl: proxy.url });
  const { userId } = await direct.users.create(JOHN);
  proxy.failures = ['cut-after'];
  assert.equal(await api.users.delete(userId), undefined);
  await assert.rejects(api.users.delete(userId), { code: 'RESOURCE_NOT_FOUND' });
  proxy.failures = ['rejected-503', 'rejected-429'];
  await assert.rejects(api.users.get(userId), { code: 'RESOURCE_NOT_FOUND' });
});

test('a POST that the service would process again is not repeated after a lost response', async (t) => {
  const { url, api: direct, connect, waits } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const api = connect({ baseUrl: proxy.url });
  await direct.users.create(JOHN);
  const tasks = await direct.tasks.createBatch([REPORT, REPORT, REPORT]);
  const [first = 0, ...others] = tasks.map(({ taskId }) => taskId);
  const { webhookId } = await direct.webhooks.create({ url: 'https://hooks.example.com/', events: ['task.created'] });
  for (const call of [
    () => api.webhooks.rotate(webhookId),
    () => api.webhooks.test(webhookId),
    () => api.tasks.deleteBatch([first]),
  ]) {
    proxy.failures = ['cut-after'];
    await assert.rejects(call(), NetworkError);
  }
  assert.deepEqual(waits, []);
  // With status 429, it has not been processed. A lenient deletion has a result for each task.
  proxy.failures = ['rejected-429'];
  assert.match((await api.webhooks.rotate(webhookId)).secret, /^whsec_/);
  proxy.failures = ['cut-after'];
  const results = await api.tasks.deleteBatch(others, { lenient: true });
  assert.deepEqual(
    results.map(({ status }) => status),
    [404, 404],
  );
  assert.equal((await direct.tasks.listPage()).items.length, 0);
});
