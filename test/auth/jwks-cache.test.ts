import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { jwtTestApp, SERVICE } from '../support/jwt-app.ts';

function assertUnavailable(response: LightMyRequestResponse): void {
  assert.equal(response.statusCode, 503);
  assert.equal(response.headers['retry-after'], '5');
  assert.deepEqual(response.json(), {
    code: 'SERVICE_UNAVAILABLE',
    message: 'The service is temporarily unavailable. Please try again later',
    requestId: response.headers['x-request-id'],
  });
}

test('the JWKS is fetched once, and again for a new key, but not for every unknown key', async (t) => {
  const { issuer, status, clock } = await jwtTestApp(t);
  const old = await issuer.sign(SERVICE);
  const others = await Promise.all(['a', 'b', 'c'].map((sub) => issuer.sign({ ...SERVICE, sub })));
  const statuses = await Promise.all([old, ...others].map((token) => status(token)));
  assert.deepEqual(statuses, [200, 200, 200, 200]);
  assert.deepEqual(
    [...issuer.requestCounts],
    [
      ['/.well-known/openid-configuration', 1],
      ['/jwks', 1],
    ],
  );
  clock.now += 30_000;
  await issuer.rotate();
  assert.equal(await status(await issuer.sign(SERVICE)), 200);
  assert.equal(await status(old), 401);
  await issuer.rotate();
  assert.equal(await status(await issuer.sign(SERVICE)), 401);
  assert.equal(issuer.requestCounts.get('/jwks'), 2);
});

test('a key that the issuer removes is invalid after ten minutes', async (t) => {
  const { issuer, status, clock } = await jwtTestApp(t);
  const old = await issuer.sign(SERVICE);
  assert.equal(await status(old), 200);
  await issuer.rotate();
  clock.now += 600_000 - 1;
  assert.equal(await status(old), 200);
  clock.now += 1_000;
  assert.equal(await status(old), 401);
});

test('while the issuer is unavailable, JWTs get 503, logged once, and issued tokens still work', async (t) => {
  const { issuer, request, status, clock, log } = await jwtTestApp(t);
  const token = await issuer.sign(SERVICE);
  await issuer.stop();
  for (let i = 0; i < 3; i++) assertUnavailable(await request({ url: '/users/1', token }));
  assert.equal((await request({ url: '/users/1' })).statusCode, 200);
  clock.now += 5_000;
  assertUnavailable(await request({ url: '/users/1', token }));
  const failures = () => log.filter(({ msg }) => msg !== 'request') as { err?: { message: string }; msg: string }[];
  assert.deepEqual(
    failures().map(({ msg }) => msg),
    ['JWKS fetch failed; will retry'],
  );
  assert.match(failures()[0]?.err?.message ?? '', /ECONNREFUSED/);

  await issuer.start();
  // The issuer is not requested again immediately.
  clock.now += 2_500;
  const soon = await request({ url: '/users/1', token });
  assert.deepEqual([soon.statusCode, soon.headers['retry-after']], [503, '3']);
  clock.now += 2_500;
  assert.equal(await status(token), 200);
  assert.equal(failures().at(-1)?.msg, 'JWKS available again');
});

test('cached keys stay valid for an hour while the issuer is unavailable', async (t) => {
  const { issuer, request, status, clock } = await jwtTestApp(t);
  const exp = clock.now / 1000 + 36_000;
  const token = await issuer.sign({ ...SERVICE, exp });
  assert.equal(await status(token), 200);
  await issuer.stop();
  clock.now += 3_590_000;
  assert.equal(await status(token), 200);
  // Only the issuer can tell whether this token is valid.
  const unknown = await issuer.sign({ ...SERVICE, exp }, { kid: 'new' });
  assertUnavailable(await request({ url: '/users/1', token: unknown }));
  clock.now += 10_000;
  assertUnavailable(await request({ url: '/users/1', token }));
});

test('an issuer that recovers is used again without delaying any request', async (t) => {
  const { issuer, status, clock } = await jwtTestApp(t);
  const exp = clock.now / 1000 + 36_000;
  const old = await issuer.sign({ ...SERVICE, exp });
  assert.equal(await status(old), 200);
  await issuer.stop();
  clock.now += 600_000;
  assert.equal(await status(old), 200);
  await issuer.rotate();
  await issuer.start();
  clock.now += 5_000;
  assert.equal(await status(old), 200);
  // This request waits for the fetch that the previous one started.
  assert.equal(await status(await issuer.sign({ ...SERVICE, exp })), 200);
  assert.equal(issuer.requestCounts.get('/jwks'), 2);
  clock.now += 500;
  assert.equal(await status(old), 401);
});

test('an issuer with another name in its metadata, or with keys on an insecure URL, is rejected', async (t) => {
  const { issuer, request, log, clock } = await jwtTestApp(t);
  const token = await issuer.sign({ ...SERVICE, exp: clock.now / 1000 + 36_000 });
  for (const [metadata, says] of [
    [{ issuer: 'https://other.example.com', jwks_uri: `${issuer.url}/jwks` }, /is of the issuer "https:\/\/other/],
    [{ issuer: issuer.url, jwks_uri: 'http://keys.example.com/jwks' }, /no jwks_uri that begins with https:/],
    [{ issuer: issuer.url }, /no jwks_uri/],
    [{ issuer: issuer.url, jwks_uri: `${issuer.url}/nothing` }, /Expected 200 OK/],
  ] as const) {
    issuer.publish(metadata);
    assertUnavailable(await request({ url: '/users/1', token }));
    const failure = log.findLast(({ msg }) => msg === 'JWKS fetch failed; will retry');
    assert.match((failure as { err: { message: string } }).err.message, says);
    issuer.publish(undefined);
    clock.now += 5_000;
    assert.equal((await request({ url: '/users/1', token })).statusCode, 200);
    clock.now += 3_600_000;
  }
});
