import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@redis/client';
import pino from 'pino';
import { RedisRateWindows } from '../../src/rate-limit/redis-windows.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';

/** How long a connection may take to be made or noticed as lost, in milliseconds. */
const PATIENCE = 5_000;

/** Some processes' applications, their clocks the same, whose first tokens share one count: a token with 60 a minute. */
async function processes(t: TestContext, url: string, count: number) {
  const apps: TestApp[] = [];
  for (let i = 0; i < count; i++) {
    const app = await testApp(t, {
      sharedWindows: (logger) => {
        const windows = new RedisRateWindows(url, logger);
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

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, 'it does not come to pass');
    await wait(10);
  }
}

/** Waits until all processes count together: then each sees the requests of those before it. */
async function untilShared({ apps, get, turn }: Awaited<ReturnType<typeof processes>>): Promise<void> {
  await until(async () => {
    turn(61_000);
    const left: unknown[] = [];
    for (const i of apps.keys()) left.push((await get(i)).headers['x-ratelimit-remaining']);
    return left.every((remaining, i) => remaining === String(59 - i));
  });
  turn(61_000);
}

test('processes share a token’s windows: exactly 60 requests a minute, whoever answers', async (t) => {
  if (skipWithoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 4);
  await untilShared(all);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => all.get(i % 4)));
  const allowed = answers.filter(({ statusCode }) => statusCode === 200);
  assert.equal(allowed.length, 60);
  const left = allowed.map(({ headers }) => Number(headers['x-ratelimit-remaining'])).toSorted((a, b) => b - a);
  assert.deepEqual(
    left,
    Array.from({ length: 60 }, (_, i) => 59 - i),
  );
  for (const { statusCode, headers } of answers.filter((answer) => !allowed.includes(answer))) {
    assert.deepEqual([statusCode, headers['retry-after'], headers['x-ratelimit-remaining']], [429, '60', '0']);
  }
  all.turn(59_999);
  assert.deepEqual([(await all.get(0)).statusCode, (await all.get(0)).headers['retry-after']], [429, '1']);
  all.turn(1);
  assert.equal((await all.get(3)).statusCode, 200);
});

test('a clock that is a little behind does not begin the minute anew', async (t) => {
  if (skipWithoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 2);
  await untilShared(all);
  await all.get(0);
  (all.apps[1] as TestApp).clock.now -= 2_000;
  assert.equal((await all.get(1)).headers['x-ratelimit-remaining'], '58');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '57');
});

test('with Redis away or silent requests go on, counted by each process; the log says so once, and when it is back', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const all = await processes(t, redis.url, 2);
  await untilShared(all);
  const [{ log }] = all.apps as [TestApp];
  const said = (text: string) => log.filter(({ msg }) => String(msg).startsWith(text)).length;
  const before = said('Redis available again');

  // Silent: it has the connection and does not answer.
  redis.process.kill('SIGSTOP');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '59');
  assert.equal((await all.get(1)).headers['x-ratelimit-remaining'], '59');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '58');
  const away = said('Redis unavailable');
  redis.process.kill('SIGCONT');
  await until(async () => (await all.get(0)).statusCode === 200 && said('Redis available again') === before + 1);

  await redis.stop();
  await until(() => said('Redis unavailable') === away + 1);
  for (let i = 0; i < 5; i++) assert.equal((await all.get(i % 2)).statusCode, 200);
  assert.equal(said('Redis unavailable'), away + 1);
  await startRedis(t, Number(new URL(redis.url).port));
  await until(() => said('Redis available again') === before + 2);
  await untilShared(all);
});

/** Windows that are connected, and what they have logged. */
async function connected(t: TestContext, url: string) {
  const log: string[] = [];
  const windows = new RedisRateWindows(url, pino({}, { write: (line: string) => log.push(JSON.parse(line).msg) }));
  t.after(() => windows.close());
  const count = () => windows.count('token:1', { perMinute: 1000, perDay: 1000 }, 1_700_000_000_000);
  const responds = async () => (await count()?.catch(() => undefined)) !== undefined;
  await until(responds);
  return { count, responds, log };
}

/** A client of the test's own. */
async function openClient(t: TestContext, url: string) {
  const client = createClient({ url });
  // The server may end first.
  client.on('error', () => undefined);
  await client.connect();
  t.after(() => client.destroy());
  return client;
}

test('a paused Redis delays the requests that are under way, briefly, and no others until it responds again', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const { count, responds, log } = await connected(t, redis.url);
  redis.process.kill('SIGSTOP');
  t.after(() => redis.process.kill('SIGCONT'));
  const begin = performance.now();
  await assert.rejects(count() as Promise<unknown>, { message: 'no response within 50 ms' });
  // Half of what it once waited for; more than 50 ms only because this machine may be busy.
  assert.ok(performance.now() - begin < 125, `${performance.now() - begin} ms`);
  // Longer than it takes until Redis is asked again.
  const end = performance.now() + 1_300;
  while (performance.now() < end) {
    assert.equal(count(), undefined);
    await wait(5);
  }
  assert.equal(log.filter((msg) => msg.startsWith('Redis unavailable')).length, 1);
  redis.process.kill('SIGCONT');
  await until(responds);
  assert.equal(log.filter((msg) => msg.startsWith('Redis available again')).length, 1);
});

test('a Redis that responds but cannot write is not asked by requests, and the log has it once', async (t) => {
  if (skipWithoutRedis(t)) return;
  const redis = await startRedis(t);
  const { count, responds, log } = await connected(t, redis.url);
  const client = await openClient(t, redis.url);
  await client.configSet('maxmemory', '1');
  await assert.rejects(count() as Promise<unknown>, /OOM/);
  const end = performance.now() + 1_300;
  while (performance.now() < end) {
    assert.equal(count(), undefined);
    await wait(5);
  }
  assert.equal(log.length, 1);
  await client.configSet('maxmemory', '0');
  await until(responds);
});

test('unrecognised tokens from one network leave one key in Redis, for two minutes', async (t) => {
  if (skipWithoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 1);
  await untilShared(all);
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
