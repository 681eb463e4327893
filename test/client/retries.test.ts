import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetworkError, TaskApi, TimeoutError } from '../../client/src/index.ts';
import { retryDelayMs } from '../../client/src/retry.ts';
import { clientApp } from '../support/client.ts';
import { JOHN } from '../support/examples.ts';
import { findFreePort } from '../support/free-port.ts';
import { startUnreliableProxy } from '../support/unreliable-proxy.ts';

test('a client over its rate limit waits as long as the service asks for', async (t) => {
  const { connect, token, waits } = await clientApp(t, { plans: 'small=2/100' });
  const api = connect({ token: await token({ plan: 'small' }) });
  for (const n of [1, 2, 3]) await api.users.create({ ...JOHN, contactEmail: `user${n}@example.com` });
  assert.deepEqual(waits, [60_000]);
  const { rateLimit } = await api.users.get(1).withResponse();
  assert.deepEqual(rateLimit, { limit: 2, remaining: 0, resetsAt: new Date('2026-03-01T12:02:00Z') });
});

test('a wait that would exceed the deadline is not begun: the error is that of the last attempt', async (t) => {
  const { connect, token, waits } = await clientApp(t, { plans: 'small=1/2' });
  const api = connect({ token: await token({ plan: 'small' }) });
  await api.users.create(JOHN);
  const error = await api.users.get(1, { deadlineMs: 30_000 }).catch((caught) => caught);
  assert.equal(error.code, 'RATE_LIMIT_EXCEEDED');
  assert.equal(error.response.rateLimit.remaining, 0);
  assert.deepEqual(waits, []);
});

test('a lost connection is retried with increasing delays until the deadline', async (t) => {
  const { connect, waits } = await clientApp(t);
  const api = connect({ baseUrl: `http://127.0.0.1:${await findFreePort()}` });
  const error = await api.users.get(1).catch((caught) => caught);
  assert.ok(error instanceof NetworkError);
  assert.equal(error.cause instanceof TypeError, true);
  assert.deepEqual(waits.slice(0, 6), [500, 1_000, 2_000, 4_000, 8_000, 10_000]);
  assert.ok(waits.reduce((sum, ms) => sum + ms, 0) < 90_000);
});

test('delays are up to half as long at random', () => {
  const error = new NetworkError();
  assert.equal(retryDelayMs(error, 1, 0, 0), 250);
  assert.equal(retryDelayMs(error, 3, 0, 0.5), 1_500);
  assert.equal(retryDelayMs(error, 30, 0, 1), 10_000);
});

test('a signal ends a request and a wait, with its reason', async (t) => {
  const { url } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const controller = new AbortController();
  // The real clock: it waits three seconds after the 503.
  const retried = Promise.withResolvers<void>();
  const api = new TaskApi({ baseUrl: proxy.url, token: 'x', onRetry: () => retried.resolve() });
  proxy.failures = ['rejected-503', 'slow'];
  const waiting = api.users.get(1, { signal: controller.signal });
  await retried.promise;
  controller.abort(new Error('the user has left'));
  await assert.rejects(waiting, { message: 'the user has left' });
  await assert.rejects(api.users.get(1, { signal: controller.signal }), { message: 'the user has left' });
  const slow = new AbortController();
  const slowRequest = api.users.get(1, { signal: slow.signal });
  slow.abort();
  await assert.rejects(slowRequest, { name: 'AbortError' });
});

test('an attempt that takes too long is repeated, and the deadline ends the last', async (t) => {
  const { url, api: direct, connect, waits } = await clientApp(t);
  const proxy = await startUnreliableProxy(t, url);
  const api = connect({ baseUrl: proxy.url });
  await direct.users.create(JOHN);
  proxy.failures = ['slow'];
  assert.equal((await api.users.get(1, { timeoutMs: 500 })).firstName, 'John');
  assert.equal(waits[0], 500);
  proxy.failures = ['slow'];
  await assert.rejects(api.users.get(1, { deadlineMs: 200 }), TimeoutError);
});

test('an error of the token function, and an invalid token, are not retried', async (t) => {
  const { url, connect, waits } = await clientApp(t);
  const failing = connect({ token: () => Promise.reject(new Error('the login has expired')) });
  await assert.rejects(failing.users.get(1), { message: 'the login has expired' });
  await assert.rejects(connect({ token: 'line\nbreak' }).users.get(1), TypeError);
  assert.throws(() => connect({ baseUrl: 'localhost' }), TypeError);
  await assert.rejects(connect({ baseUrl: `${url}/`, token: 'unknown' }).users.get(1), { code: 'UNAUTHORIZED' });
  assert.deepEqual(waits, []);
});
