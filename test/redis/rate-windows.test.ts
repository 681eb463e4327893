import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { RedisRateWindows } from '../../src/redis/rate-windows.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { startRedis, withoutRedis } from '../support/redis-server.ts';

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
  if (withoutRedis(t)) return;
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
  if (withoutRedis(t)) return;
  const { url } = await startRedis(t);
  const all = await processes(t, url, 2);
  await untilShared(all);
  await all.get(0);
  (all.apps[1] as TestApp).clock.now -= 2_000;
  assert.equal((await all.get(1)).headers['x-ratelimit-remaining'], '58');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '57');
});

test('with Redis away or silent requests go on, counted by each process; the log says so once, and when it is back', async (t) => {
  if (withoutRedis(t)) return;
  const redis = await startRedis(t);
  const all = await processes(t, redis.url, 2);
  await untilShared(all);
  const [{ log }] = all.apps as [TestApp];
  const said = (text: string) => log.filter(({ msg }) => String(msg).startsWith(text)).length;
  const before = said('Redis is back');

  // Silent: it has the connection and does not answer.
  redis.process.kill('SIGSTOP');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '59');
  assert.equal((await all.get(1)).headers['x-ratelimit-remaining'], '59');
  assert.equal((await all.get(0)).headers['x-ratelimit-remaining'], '58');
  const away = said('Redis is away');
  redis.process.kill('SIGCONT');
  await until(async () => (await all.get(0)).statusCode === 200 && said('Redis is back') === before + 1);

  await redis.stop();
  await until(() => said('Redis is away') === away + 1);
  for (let i = 0; i < 5; i++) assert.equal((await all.get(i % 2)).statusCode, 200);
  assert.equal(said('Redis is away'), away + 1);
  await startRedis(t, Number(new URL(redis.url).port));
  await until(() => said('Redis is back') === before + 2);
  await untilShared(all);
});
