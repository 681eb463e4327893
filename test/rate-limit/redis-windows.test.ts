import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import pino from 'pino';
import { RedisRateWindows, type RedisRateWindowsOptions } from '../../src/rate-limit/redis-windows.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** How the log lines about Redis begin. */
const UNAVAILABLE = 'Redis unavailable';
const AVAILABLE = 'Redis available again';

/** More than a loaded machine needs: Redis never misses it. */
const NO_TIMEOUT_MS = 60_000;

/**
 * Applications with equal clocks, as in several processes. The first token of each has the same id, so they share its
 * windows: 60 requests a minute.
 */
async function processes(t: TestContext, url: string, count: number, responseTimeoutMs = NO_TIMEOUT_MS) {
  const apps: TestApp[] = [];
  for (let i = 0; i < count; i++) {
    const app = await testApp(t, {
      sharedWindows: (logger) => {
        const windows = new RedisRateWindows(url, logger, { responseTimeoutMs });
        t.after(() => windows.close());
        return windows;
      },
    });
    apps.push(app);
  }
  const tokens = await Promise.all(apps.map((app) => app.token({ plan: 'basic' })));
  const get = (i: number) => {
    return (apps[i] as TestApp).app.inject({ url: '/users', headers: { authorization: `Bearer ${tokens[i]}` } });
  };
  const turn = (milliseconds: number) => {
    for (const app of apps) app.clock.now += milliseconds;
  };
  return { apps, get, turn };
}

/** Waits until the processes share their counts: each counts the requests to those before it. */
async function waitUntilShared({ apps, get, turn }: Awaited<ReturnType<typeof processes>>): Promise<void> {
  const isShared = async () => {
    turn(61_000);
    const left: unknown[] = [];
    for (const i of apps.keys()) left.push((await get(i)).headers['x-ratelimit-remaining']);
    return left.every((remaining, i) => remaining === String(59 - i));
  };
  await waitFor(isShared, { message: 'the processes do not share their counts' });
  turn(61_000);
}

test('processes that share Redis allow a basic token exactly 60 requests a minute', async (t) => {
  if (skipWithoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 4);
  await waitUntilShared(all);
  const responses = await Promise.all(Array.from({ length: 100 }, (_, i) => all.get(i % 4)));
  const allowed = responses.filter(({ statusCode }) => statusCode === 200);
  assert.equal(allowed.length, 60);
  const left = allowed.map(({ headers }) => Number(headers['x-ratelimit-remaining'])).toSorted((a, b) => b - a);
  assert.deepEqual(
    left,
    Array.from({ length: 60 }, (_, i) => 59 - i),
  );
  for (const { statusCode, headers } of responses.filter((response) => !allowed.includes(response))) {
    assert.deepEqual([statusCode, headers['retry-after'], headers['x-ratelimit-remaining']], [429, '60', '0']);
  }
  all.turn(59_999);
  assert.deepEqual([(await all.get(0)).statusCode, (await all.get(0)).headers['retry-after']], [429, '1']);
  all.turn(1);
  assert.equal((await all.get(3)).statusCode, 200);
});

test('a process whose clock is two seconds behind counts in the same minute', async (t) => {
  if (skipWithoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 2);
  await waitUntilShared(all);
  await all.get(0);
  (all.apps[1] as TestApp).clock.now -= 2_000;
  assert.equal((await all.get(1)).headers['x-ratelimit-remaining'], '58');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '57');
});

test('while Redis is unavailable or silent, each process counts by itself; the log has the outage and its end', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const all = await processes(t, redis.url, 2, 1_000);
  await waitUntilShared(all);
  const [{ log }] = all.apps as [TestApp];
  const logged = (text: string) => log.filter(({ msg }) => String(msg).startsWith(text)).length;
  const before = logged(AVAILABLE);

  // Silent: the connection is open, and no response comes.
  redis.process.kill('SIGSTOP');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '59');
  assert.equal((await all.get(1)).headers['x-ratelimit-remaining'], '59');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '58');
  const outages = logged(UNAVAILABLE);
  redis.process.kill('SIGCONT');
  await waitFor(() => logged(AVAILABLE) === before + 1, { message: 'the end of the silence is not logged' });

  await redis.stop();
  await waitFor(() => logged(UNAVAILABLE) === outages + 1, { message: 'the outage is not logged' });
  for (let i = 0; i < 5; i++) assert.equal((await all.get(i % 2)).statusCode, 200);
  assert.equal(logged(UNAVAILABLE), outages + 1);
  await startRedis(t, Number(new URL(redis.url).port));
  await waitFor(() => logged(AVAILABLE) === before + 2, { message: 'the end of the outage is not logged' });
  await waitUntilShared(all);
});

/** Connected windows, and the log lines since they connected. */
async function connected(t: TestContext, url: string, options?: RedisRateWindowsOptions) {
  const log: string[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line).msg) });
  const windows = new RedisRateWindows(url, logger, options);
  t.after(() => windows.close());
  const count = () => windows.count('token:1', { perMinute: 1000, perDay: 1000 }, 1_700_000_000_000, 1);
  const responds = async () => (await count()?.catch(() => undefined)) !== undefined;
  await waitFor(responds, { message: 'Redis does not respond' });
  log.length = 0;
  return { count, responds, log };
}

/** A Redis client for the test itself. */
async function openClient(t: TestContext, url: string) {
  const client = createClient({ url });
  // The server may stop before the client.
  client.on('error', () => undefined);
  await client.connect();
  t.after(() => client.destroy());
  return client;
}

test('a silent Redis delays a request by 50 ms, and later requests not at all until it responds', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const { count, log } = await connected(t, redis.url);
  redis.process.kill('SIGSTOP');
  t.after(() => redis.process.kill('SIGCONT'));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const rejected = assert.rejects(count() as Promise<unknown>, { message: 'no response within 50 ms' });
  t.mock.timers.tick(49);
  await setImmediate();
  assert.equal(log.length, 0);
  t.mock.timers.tick(1);
  await rejected;
  // Redis does not respond to the probe either.
  for (let i = 0; i < 10; i++) {
    assert.equal(count(), undefined);
    t.mock.timers.tick(500);
    await setImmediate();
  }
  t.mock.timers.reset();
  redis.process.kill('SIGCONT');
  await waitFor(() => log.length === 2, { message: 'the end of the silence is not logged' });
  assert.ok(log[0]?.startsWith(UNAVAILABLE) && log[1]?.startsWith(AVAILABLE), String(log));
});

test('a Redis that responds but cannot write is unavailable, and is logged once', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const { count, responds, log } = await connected(t, redis.url, { responseTimeoutMs: NO_TIMEOUT_MS });
  const client = await openClient(t, redis.url);
  await client.configSet('maxmemory', '1');
  await assert.rejects(count() as Promise<unknown>, /OOM/);
  // Longer than the pause between two probes.
  const end = performance.now() + 1_300;
  while (performance.now() < end) {
    assert.equal(count(), undefined);
    await sleep(5);
  }
  assert.equal(log.length, 1);
  await client.configSet('maxmemory', '0');
  await waitFor(responds, { message: 'Redis is not used again' });
});

test('unrecognised tokens from one network share one key in Redis, which expires within two minutes', async (t) => {
  if (skipWithoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 1);
  await waitUntilShared(all);
  const client = await openClient(t, url);
  await client.flushDb();
  const { app } = all.apps[0] as TestApp;
  for (let i = 0; i < 100; i++) {
    const headers = { authorization: 'Bearer tmapi_wrong' };
    await app.inject({ url: '/users', remoteAddress: `2001:db8::${i.toString(16)}`, headers });
  }
  assert.deepEqual(await client.keys('*'), ['task-api:{address:2001:db8::/64}:minute']);
  assert.ok((await client.pTTL('task-api:{address:2001:db8::/64}:minute')) <= 120_000);
});
