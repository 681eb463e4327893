import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { JOHNS, jwtTestApp, SERVICE } from '../support/jwt-app.ts';

/** The provider uses the system clock, and its tokens are random. */
const DIFFER = { responsesDiffer: 'tokens and times are of the moment' };

testOnBothDatabases('a service token from the provider grants exactly its scopes', DIFFER, async (t) => {
  const { issuer, request, post, status } = await jwtTestApp(t);
  const token = await issuer.clientToken('users:read tasks:read');
  assert.equal(token.split('.').length, 3);
  const { statusCode, headers } = await request({ url: '/users', token });
  assert.equal(statusCode, 200);
  assert.equal(headers['x-ratelimit-limit'], '60');
  assert.equal(await status(token, '/tasks'), 200);
  assert.equal((await post('/users', JOHN, token)).statusCode, 403);
  assert.equal(await status(await issuer.clientToken('admin'), '/tasks'), 200);
  assert.equal(await status(await issuer.clientToken('users:read'), '/tasks'), 403);
});

testOnBothDatabases(
  'a JWT with a verified address acts as its user, with any spelling of the address',
  DIFFER,
  async (t) => {
    const { issuer, post, patch, status } = await jwtTestApp(t);
    await post('/users', { ...JOHN, contactEmail: 'other@example.com' });
    await post('/tasks', REPORT);
    await post('/users', { ...JOHN, contactEmail: 'gr\u00fc\u00dfe@b\u00fccher.example' });
    const token = await issuer.sign({ ...JOHNS, email: 'John.DOE@EXAMPLE.com' });
    assert.equal(await status(token), 200);
    assert.equal((await patch('/users/1', { firstName: 'Jon' }, token)).statusCode, 200);
    assert.equal(await status(token, '/users/2'), 403);
    assert.equal(await status(token, '/users/9'), 403);
    const third = await issuer.sign({ ...JOHNS, email: 'GRU\u0308\u00dfE@xn--bcher-kva.example' });
    assert.equal(await status(third, '/users/3'), 200);
    assert.equal(await status(third), 403);
  },
);

testOnBothDatabases('a JWT with a verified address is never an administrator or service token', DIFFER, async (t) => {
  const { issuer, post, status } = await jwtTestApp(t);
  await post('/users', { ...JOHN, contactEmail: 'other@example.com' });
  const admin = await issuer.sign({ ...JOHNS, ...SERVICE, scope: 'admin users:read' });
  assert.equal(await status(admin), 200);
  assert.equal(await status(admin, '/users/2'), 403);
  assert.equal(await status(await issuer.sign({ ...JOHNS, scope: 'admin' })), 403);
  // No user has this address, and the token does not become a service token.
  assert.equal(await status(await issuer.sign({ ...JOHNS, ...SERVICE, email: 'unknown@example.com' })), 403);
});

testOnBothDatabases('a JWT of neither a user nor a service gets 403 everywhere', DIFFER, async (t) => {
  const { issuer, request } = await jwtTestApp(t, { plans: 'basic=1000/1000' });
  const scope = 'users:read users:write tasks:read tasks:write admin';
  for (const claims of [
    {},
    { email: JOHN.contactEmail },
    { email: JOHN.contactEmail, email_verified: false },
    { email: JOHN.contactEmail, email_verified: 'true' },
    { email: JOHN.contactEmail, email_verified: 1 },
    { email_verified: true },
    { email: 'unknown@example.com', email_verified: true },
    { email: 'no address', email_verified: true },
    { email: [JOHN.contactEmail], email_verified: true, ...SERVICE },
    { email: null, email_verified: true, ...SERVICE },
    { client_type: 'user' },
    { client_type: ['services', 'user'] },
    { client_type: { service: true } },
    { 'client_type=service': true },
  ]) {
    const token = await issuer.sign({ ...claims, scope });
    for (const [method, url] of [
      ['GET', '/users'],
      ['GET', '/users/1'],
      ['GET', '/tasks'],
      ['DELETE', '/users/1'],
      ['POST', '/tasks'],
    ] as const) {
      const { statusCode } = await request({ method, url, token });
      assert.equal(statusCode, 403, `${method} ${url} with ${JSON.stringify(claims)}`);
    }
  }
});

testOnBothDatabases(
  'a JWT gets 403 within a second after its user is deleted or changes address',
  DIFFER,
  async (t) => {
    const { issuer, request, patch, status, store, clock } = await jwtTestApp(t);
    const token = await issuer.sign(JOHNS);
    assert.equal(await status(token), 200);
    await patch('/users/1', { contactEmail: 'new@example.com' });
    clock.now += 999;
    assert.equal(await status(token), 403);
    await patch('/users/1', { contactEmail: JOHN.contactEmail });
    clock.now += 999;
    assert.equal(await status(token), 200);
    // A change in this process takes effect at once.
    assert.equal((await request({ method: 'DELETE', url: '/users/1' })).statusCode, 204);
    assert.equal(await status(token), 403);

    const { userId } = created(await store.users.create({ ...JOHN, contactEmailKey: JOHN.contactEmail }, ACTOR));
    clock.now += 999;
    assert.equal(await status(token, `/users/${userId}`), 200);
    // A change by another process.
    await store.users.delete(userId, ACTOR);
    clock.now += 999;
    assert.equal(await status(token, `/users/${userId}`), 403);
  },
);
