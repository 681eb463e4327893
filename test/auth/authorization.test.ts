import assert from 'node:assert/strict';
import fastify from 'fastify';
import { type AccessControlOptions, addAccessControl } from '../../src/auth/access-control.ts';
import type { Scope } from '../../src/domain/tokens.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const JOHN = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

testOnBothDatabases('each operation requires its scope; admin implies all scopes', async (t) => {
  const { post, request, token } = await testApp(t);
  await post('/users', JOHN);
  const all: Scope[] = ['users:read', 'users:write', 'tasks:read', 'tasks:write', 'admin'];
  for (const scope of all) {
    const text = await token({ scopes: [scope] });
    const created = await post('/users', { ...JOHN, contactEmail: `${scope.replace(':', '.')}@example.com` }, text);
    assert.equal(created.statusCode, ['users:write', 'admin'].includes(scope) ? 201 : 403, scope);
    for (const method of ['GET', 'HEAD'] as const) {
      const read = await request({ method, url: '/users/1', token: text });
      assert.equal(read.statusCode, ['users:read', 'admin'].includes(scope) ? 200 : 403, scope);
    }
  }
});

testOnBothDatabases('a missing scope gets the standard 403 response', async (t) => {
  const { post, token } = await testApp(t);
  const response = await post('/users', JOHN, await token({ scopes: ['users:read'] }));
  assert.deepEqual(response.json(), {
    code: 'FORBIDDEN',
    message: 'You do not have permission to access this resource',
    requestId: response.headers['x-request-id'],
  });
});

testOnBothDatabases('a user token sees only its user and cannot create users', async (t) => {
  const { post, request, token } = await testApp(t);
  await post('/users', JOHN);
  await post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
  const bound = await token({ scopes: ['users:read', 'users:write'], userId: 1 });
  assert.equal((await request({ url: '/users/1', token: bound })).statusCode, 200);
  assert.equal((await request({ url: '/users/2', token: bound })).statusCode, 403);
  assert.equal((await request({ url: '/users/3', token: bound })).statusCode, 403, 'existing or not');
  assert.equal(
    (await request({ url: '/users/abc', token: bound })).statusCode,
    400,
    'an invalid id belongs to no user',
  );
  assert.equal((await post('/users', { ...JOHN, contactEmail: 'new@example.com' }, bound)).statusCode, 403);
});

testOnBothDatabases(
  'checks run in order: 401, 404 and 405 for the route, 403, 400, 404 for the resource',
  async (t) => {
    const { app, post, request, token } = await testApp(t);
    const reader = await token({ scopes: ['tasks:read'] });
    assert.equal((await app.inject({ method: 'PUT', url: '/users' })).statusCode, 401);
    assert.equal((await request({ method: 'GET', url: '/nothing', token: reader })).statusCode, 404);
    assert.equal((await request({ method: 'PUT', url: '/users', token: reader })).statusCode, 405);
    assert.equal((await post('/users', 'not JSON', reader)).statusCode, 403);
    assert.equal((await request({ url: '/users/abc', token: reader })).statusCode, 403);
    assert.equal((await request({ url: '/users/abc' })).statusCode, 400);
  },
);

testOnBothDatabases('a route without a scope that does not set `public` fails at startup', () => {
  const app = fastify();
  addAccessControl(app, {} as AccessControlOptions);
  assert.throws(() => app.get('/unprotected', () => 'open'), /the route GET \/unprotected must name its scope/);
});
