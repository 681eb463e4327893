import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const DAY = 86_400_000;

function limits(response: LightMyRequestResponse): (string | undefined)[] {
  return ['limit', 'remaining', 'reset'].map((name) => response.headers[`x-ratelimit-${name}`] as string | undefined);
}

testOnBothDatabases('every response to a valid token has the rate limit headers of its plan', async (t) => {
  const { request, post, token, clock } = await testApp(t);
  const reset = String(clock.now / 1000 + 60);
  for (const [plan, limit] of [
    ['basic', 60],
    ['professional', 300],
    ['enterprise', 1000],
  ] as const) {
    const text = await token({ plan });
    const responses = [
      await request({ url: '/users/1', token: text }),
      await request({ url: '/nothing', token: text }),
      await request({ method: 'PUT', url: '/users', token: text }),
      await post('/users', 'no JSON', text),
    ];
    assert.deepEqual(
      responses.map(limits),
      [1, 2, 3, 4].map((used) => [String(limit), String(limit - used), reset]),
    );
  }
});

testOnBothDatabases('the unlimited plan has no rate limit headers and no limit', async (t) => {
  const { request } = await testApp(t);
  for (let i = 0; i < 100; i++) assert.equal((await request({ url: '/users/1' })).statusCode, 404);
  assert.deepEqual(limits(await request({ url: '/users/1' })), [undefined, undefined, undefined]);
});

testOnBothDatabases('requests past the limit per minute get 429 until a minute after the first request', async (t) => {
  const { request, token, clock } = await testApp(t);
  const text = await token({ plan: 'basic' });
  const get = () => request({ url: '/users/1', token: text });
  for (let i = 0; i < 60; i++) assert.equal((await get()).statusCode, 404);
  clock.now += 30_500;
  for (let i = 0; i < 5; i++) {
    const limited = await get();
    assert.equal(limited.statusCode, 429);
    assert.equal(limited.headers['retry-after'], '30');
    assert.equal(limits(limited)[1], '0');
    assert.deepEqual(limited.json(), {
      code: 'RATE_LIMIT_EXCEEDED',
      message: 'Rate limit exceeded. Try again in 30 seconds',
      requestId: limited.headers['x-request-id'],
    });
  }
  clock.now += 29_499;
  assert.equal((await get()).statusCode, 429);
  clock.now += 1;
  const fresh = await get();
  assert.equal(fresh.statusCode, 404);
  assert.equal(limits(fresh)[1], '59', 'a 429 does not count');
});

testOnBothDatabases('tokens of one plan are counted separately', async (t) => {
  const { request, token } = await testApp(t, { plans: 'tiny=1/10' });
  const [first, second] = [await token({ plan: 'tiny' }), await token({ plan: 'tiny' })];
  assert.equal((await request({ url: '/users/1', token: first })).statusCode, 404);
  assert.equal((await request({ url: '/users/1', token: first })).statusCode, 429);
  assert.equal((await request({ url: '/users/1', token: second })).statusCode, 404);
});

testOnBothDatabases(
  'the day ends at midnight UTC; the headers describe the window with least remaining, or the later one on a tie',
  async (t) => {
    const { request, token, clock } = await testApp(t, { plans: 'small=3/5' });
    const text = await token({ plan: 'small' });
    const get = () => request({ url: '/users/1', token: text });
    const midnight = String((Math.floor(clock.now / DAY) + 1) * (DAY / 1000));
    const minute = String(clock.now / 1000 + 60);
    assert.deepEqual(limits(await get()), ['3', '2', minute]);
    await get();
    await get();
    assert.equal((await get()).statusCode, 429);
    clock.now += 60_000;
    // Before this request, three are left in the minute and two in the day.
    assert.deepEqual(limits(await get()), ['5', '1', midnight]);
    assert.deepEqual(limits(await get()), ['5', '0', midnight]);
    const limited = await get();
    assert.equal(limited.statusCode, 429);
    assert.equal(limited.headers['retry-after'], String(Number(midnight) - clock.now / 1000));
    clock.now = Number(midnight) * 1000;
    assert.equal((await get()).statusCode, 404);

    const { request: other, token: otherToken } = await testApp(t, { plans: 'even=4/4' });
    const even = await otherToken({ plan: 'even' });
    assert.deepEqual(limits(await other({ url: '/users/1', token: even })), ['4', '3', midnight]);
  },
);

testOnBothDatabases('a token whose plan is no longer configured has the smallest plan', async (t) => {
  const { request, token } = await testApp(t);
  const text = await token({ plan: 'gone' });
  assert.equal(limits(await request({ url: '/users/1', token: text }))[0], '60');
});
