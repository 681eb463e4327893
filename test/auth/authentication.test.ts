import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';

function assertUnauthorized(response: LightMyRequestResponse): void {
  assert.equal(response.statusCode, 401);
  assert.equal(response.headers['www-authenticate'], 'Bearer');
  assert.equal(response.headers['x-ratelimit-limit'], undefined);
  assert.deepEqual(response.json(), {
    code: 'UNAUTHORIZED',
    message: 'Authentication is required to access this resource',
    requestId: response.headers['x-request-id'],
  });
}

testOnBothDatabases('without a token every path but the public ones gets 401, existing or not', async (t) => {
  const { app } = await testApp(t);
  for (const [method, url] of [
    ['POST', '/users'],
    ['GET', '/users/1'],
    ['GET', '/users/abc'],
    ['PUT', '/users'],
    ['GET', '/nothing'],
    ['GET', '/docs/more'],
    ['GET', '/health/live/more'],
  ] as const) {
    assertUnauthorized(await app.inject({ method, url }));
  }
  for (const url of ['/health/live', '/health/ready']) {
    const response = await app.inject({ method: 'GET', url });
    assert.equal(response.statusCode, 200);
    assert.deepEqual(response.json(), { status: 'ok' });
  }
});

testOnBothDatabases('an invalid bearer token gets 401', async (t) => {
  const { app, token } = await testApp(t);
  const good = await token();
  const flipped = good.endsWith('0') ? `${good.slice(0, -1)}1` : `${good.slice(0, -1)}0`;
  const headers = ['', 'Bearer', 'Bearer ', `Basic ${good}`, good, `Bearer ${good} x`, `Bearer ${good}x`];
  const unknown = [flipped, good.replace('tmapi_1_', 'tmapi_2_'), 'your-token-here', 'tmapi_', good.toUpperCase()];
  for (const authorization of [...headers, ...unknown.map((text) => `Bearer ${text}`)]) {
    assertUnauthorized(await app.inject({ method: 'GET', url: '/users/1', headers: { authorization } }));
  }
});

testOnBothDatabases('an unknown secret with a valid checksum gets 401', async (t) => {
  const { app, token } = await testApp(t);
  const [first, second] = [await token(), await token()];
  const swapped = second.replace('tmapi_2_', 'tmapi_1_');
  assert.notEqual(first, swapped);
  assertUnauthorized(await app.inject({ url: '/users/1', headers: { authorization: `Bearer ${swapped}` } }));
});

testOnBothDatabases('the Bearer scheme is case-insensitive', async (t) => {
  const { app, token } = await testApp(t);
  const authorization = `bEARER  ${await token()}`;
  assert.equal((await app.inject({ url: '/users/1', headers: { authorization } })).statusCode, 404);
});

testOnBothDatabases(
  'the development token is an administrator token with its own plan, accepted in development mode only',
  async (t) => {
    const { request, clock } = await testApp(t, { acceptDevelopmentToken: true });
    const response = await request({ url: '/users/1', token: 'your-token-here' });
    assert.equal(response.statusCode, 404);
    assert.deepEqual(
      ['limit', 'remaining', 'reset'].map((name) => response.headers[`x-ratelimit-${name}`]),
      ['100000', '99999', String(clock.now / 1000 + 60)],
    );
    const { request: limited } = await testApp(t, { acceptDevelopmentToken: true, plans: 'development=1/2' });
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await limited({ url: '/users', token: 'your-token-here' })).statusCode);
    assert.deepEqual(statuses, [200, 429]);
    const { request: elsewhere } = await testApp(t);
    assertUnauthorized(await elsewhere({ url: '/users/1', token: 'your-token-here' }));
  },
);

testOnBothDatabases('a token gets 401 from its expiry on', async (t) => {
  const { request, token, clock } = await testApp(t);
  const text = await token({ expiresAt: clock.now + 1000 });
  clock.now += 999;
  assert.equal((await request({ url: '/users/1', token: text })).statusCode, 404);
  clock.now += 1;
  assertUnauthorized(await request({ url: '/users/1', token: text }));
});

testOnBothDatabases('a revoked token gets 401 within a second', async (t) => {
  const { request, token, store, clock } = await testApp(t);
  const text = await token();
  assert.equal((await request({ url: '/users/1', token: text })).statusCode, 404);
  assert.equal(await store.tokens.revoke(1, ACTOR), true);
  assert.equal(await store.tokens.revoke(1, ACTOR), false);
  clock.now += 999;
  assertUnauthorized(await request({ url: '/users/1', token: text }));
});

testOnBothDatabases('a clock that is set back does not prolong a revoked token', async (t) => {
  const { request, token, store, clock } = await testApp(t);
  const text = await token();
  assert.equal((await request({ url: '/users/1', token: text })).statusCode, 404);
  await store.tokens.revoke(1, ACTOR);
  clock.now -= 3_600_000;
  assertUnauthorized(await request({ url: '/users/1', token: text }));
});

testOnBothDatabases(
  'an address gets 429 from its 31st unrecognised token in a minute; valid tokens are unaffected',
  async (t) => {
    const { request, app, clock } = await testApp(t);
    const wrong = () => request({ url: '/users/1', token: 'tmapi_wrong' });
    for (let i = 0; i < 30; i++) assertUnauthorized(await wrong());
    clock.now += 20_000;
    const limited = await wrong();
    assert.equal(limited.statusCode, 429);
    assert.equal(limited.headers['retry-after'], '40');
    assert.equal(limited.json().message, 'Rate limit exceeded. Try again in 40 seconds');
    assert.equal((await request({ url: '/users/1' })).statusCode, 404);
    // A request without a token does not count as unrecognised.
    assertUnauthorized(await app.inject({ url: '/users/1' }));
    const elsewhere = { url: '/users/1', remoteAddress: '127.0.0.2', headers: { authorization: 'Bearer tmapi_wrong' } };
    assertUnauthorized(await app.inject(elsewhere));
    clock.now += 40_000;
    assertUnauthorized(await wrong());
  },
);

testOnBothDatabases(
  'the addresses of an IPv6 /64 network share one count, as do all spellings of an IPv4 address',
  async (t) => {
    const { app } = await testApp(t);
    const status = async (remoteAddress: string) => {
      const headers = { authorization: 'Bearer tmapi_wrong' };
      return (await app.inject({ url: '/users/1', remoteAddress, headers })).statusCode;
    };
    for (let i = 0; i < 30; i++) assert.equal(await status(`2001:db8:0:1::${i}`), 401);
    assert.equal(await status('2001:0DB8:0:1:ffff::1'), 429);
    assert.equal(await status('2001:db8:0:2::1'), 401);
    for (let i = 0; i < 30; i++) assert.equal(await status(i % 2 ? '192.0.2.1' : '::ffff:192.0.2.1'), 401);
    assert.equal(await status('::ffff:c000:201'), 429);
  },
);
