import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { generateKeyPair, SignJWT } from 'jose';
import { testApp } from '../support/app.ts';
import { AUDIENCE, startIssuer } from '../support/issuer.ts';
import { JOHNS, jwtTestApp, SERVICE } from '../support/jwt-app.ts';

test('unknown or non-string scopes in a JWT grant nothing', async (t) => {
  const { issuer, status } = await jwtTestApp(t);
  for (const scope of [undefined, '', 'openid profile users:READ users', ['users:read'], 'users:read,tasks:read']) {
    assert.equal(await status(await issuer.sign({ ...SERVICE, scope })), 403, String(scope));
  }
  assert.equal(await status(await issuer.sign({ ...SERVICE, scope: 'openid  users:read x' })), 200);
});

test('the service claim may be a list; without the setting, no token is a service token', async (t) => {
  const { issuer, status } = await jwtTestApp(t, { jwtServiceClaim: 'https://id.example.com/roles=reports' });
  const name = 'https://id.example.com/roles';
  assert.equal(await status(await issuer.sign({ ...SERVICE, [name]: ['x', 'reports'] })), 200);
  assert.equal(await status(await issuer.sign({ ...SERVICE, [name]: 'reports' })), 200);
  assert.equal(await status(await issuer.sign(SERVICE)), 403);
  const { issuer: second, status: other } = await jwtTestApp(t, { jwtServiceClaim: '' });
  assert.equal(await other(await second.sign(SERVICE)), 403);
  assert.equal(await other(await second.sign(JOHNS)), 200);
});

test('an invalid JWT gets 401 and counts as unrecognised', async (t) => {
  const { issuer, status, request, clock } = await jwtTestApp(t);
  const now = Math.floor(clock.now / 1000);
  const good = await issuer.sign(SERVICE);
  assert.equal(await status(good), 200);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { privateKey } = await generateKeyPair('RS256');
  const claims = { iss: issuer.url, aud: AUDIENCE, sub: 'x', exp: now + 60, ...SERVICE };
  const forge = (kid: string) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
  const bad: Record<string, string> = {
    'another audience': await issuer.sign({ ...SERVICE, aud: 'https://other.example.com' }),
    'no audience': await issuer.sign({ ...SERVICE, aud: undefined }),
    'another issuer': await issuer.sign({ ...SERVICE, iss: 'https://other.example.com' }),
    'an issuer with a slash too many': await issuer.sign({ ...SERVICE, iss: `${issuer.url}/` }),
    'no issuer': await issuer.sign({ ...SERVICE, iss: undefined }),
    'no expiry': await issuer.sign({ ...SERVICE, exp: undefined }),
    'an expiry that is no number': await issuer.sign({ ...SERVICE, exp: String(now + 60) }),
    'not good yet': await issuer.sign({ ...SERVICE, nbf: now + 60 }),
    'no subject': await issuer.sign({ ...SERVICE, sub: undefined }),
    'a logout token': await issuer.sign(SERVICE, { typ: 'logout+jwt' }),
    'a security event': await issuer.sign(SERVICE, { typ: 'application/secevent+jwt' }),
    'a type that only begins like one': await issuer.sign(SERVICE, { typ: 'jwt+x' }),
    'a type that is no text': await issuer.sign(SERVICE, { typ: 1 }),
    'an ID token': await issuer.sign({ ...SERVICE, at_hash: 'x' }, { typ: 'JWT' }),
    'an ID token of the hybrid flow': await issuer.sign({ ...SERVICE, c_hash: 'x' }),
    'a logout token without a type': await issuer.sign({ ...SERVICE, events: {} }),
    'an empty subject': await issuer.sign({ ...SERVICE, sub: '' }),
    'a subject that is no text': await issuer.sign({ ...SERVICE, sub: 7 }),
    'another key': await forge('key-1'),
    'an unknown key': await forge('key-9'),
    'a changed payload': `${header}.${encode(claims)}.${signature}`,
    'no signature': `${encode({ alg: 'none' })}.${payload}.`,
    'the algorithm none': `${encode({ alg: 'none', kid: 'key-1' })}.${payload}.${signature}`,
    'no header': `.${payload}.${signature}`,
    'not JSON': 'aaaa.bbbb.cccc',
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.${signature}`,
    'too long': await issuer.sign({ ...SERVICE, more: 'x'.repeat(8 * 1024) }),
  };
  // The published key as the secret of a symmetric signature (RFC 8725, section 2.1).
  const { keys } = (await (await fetch(`${issuer.url}/jwks`)).json()) as { keys: object[] };
  const secret = new TextEncoder().encode(JSON.stringify(keys[0]));
  bad.HS256 = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(secret);
  const names = Object.keys(bad);
  for (const name of names) assert.equal(await status(bad[name] as string), 401, name);
  for (let i = names.length; i < 30; i++) assert.equal(await status(bad.HS256), 401);
  const limited = await request({ url: '/users/1', token: bad.HS256 });
  assert.equal(limited.statusCode, 429);
  assert.equal(await status(good), 200);
});

test('a JWT without a type is accepted, and one of type at+jwt', async (t) => {
  const { issuer, status } = await jwtTestApp(t);
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/JWT']) {
    assert.equal(await status(await issuer.sign(SERVICE, typ === undefined ? {} : { typ })), 200, String(typ));
  }
  assert.equal(await status(await issuer.sign({ ...SERVICE, at_hash: 'x' }, { typ: 'at+jwt' })), 200);
});

test('a JWT is accepted until 30 seconds after its expiry, to allow for clock skew', async (t) => {
  const { issuer, status, clock } = await jwtTestApp(t);
  clock.now = Math.floor(clock.now / 1000) * 1000;
  const token = await issuer.sign({ ...SERVICE, exp: clock.now / 1000 + 60 });
  clock.now += 89_900;
  assert.equal(await status(token), 200);
  // It is still cached.
  clock.now += 100;
  assert.equal(await status(token), 401);
  assert.equal(
    await status(await issuer.sign({ ...SERVICE, nbf: clock.now / 1000 + 30, exp: clock.now / 1000 + 60 })),
    200,
  );
});

test('JWT requests are counted per issuer and subject, with the plan basic', async (t) => {
  const { issuer, request, log } = await jwtTestApp(t, { plans: 'basic=2/100' });
  const first = await issuer.sign({ ...SERVICE, sub: 'john.doe@example.com' });
  const second = await issuer.sign({ ...SERVICE, sub: 'john.doe@example.com', jti: '2' });
  const other = await issuer.sign({ ...SERVICE, sub: 'other' });
  const statuses = [];
  for (const token of [first, second, first, other]) {
    statuses.push((await request({ url: '/users/1', token })).statusCode);
  }
  assert.deepEqual(statuses, [200, 200, 429, 200]);
  const name = createHash('sha256').update(`${issuer.url}\0john.doe@example.com`).digest('hex').slice(0, 32);
  const names = log.slice(-4).map(({ tokenId }) => tokenId);
  assert.deepEqual(names.slice(0, 3), [`jwt:${name}`, `jwt:${name}`, `jwt:${name}`]);
  assert.notEqual(names[3], names[0]);
  const everything = JSON.stringify(log);
  for (const secret of ['john.doe', first, second]) assert.ok(!everything.includes(secret), secret);
});

test('without an issuer every JWT is rejected', async (t) => {
  const issuer = await startIssuer(t);
  const { request } = await testApp(t);
  assert.equal((await request({ url: '/users/1', token: await issuer.clientToken('admin') })).statusCode, 401);
  assert.equal(issuer.requestCounts.get('/jwks'), undefined);
});

test('asymmetric JWT algorithms are accepted', async (t) => {
  const { issuer, status, clock } = await jwtTestApp(t);
  for (const algorithm of ['PS256', 'ES256', 'EdDSA']) {
    await issuer.rotate(algorithm);
    clock.now += 30_000;
    assert.equal(await status(await issuer.sign(SERVICE)), 200, algorithm);
  }
});
