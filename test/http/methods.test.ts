import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const routes: [path: string, methods: string[]][] = [
  ['/users', ['GET', 'HEAD', 'POST']],
  ['/users/1', ['DELETE', 'GET', 'HEAD', 'PATCH']],
  ['/tasks', ['GET', 'HEAD', 'POST']],
  ['/tasks/1', ['DELETE', 'GET', 'HEAD', 'PATCH']],
  ['/health/live', ['GET', 'HEAD']],
  ['/health/ready', ['GET', 'HEAD']],
  ['/', ['GET', 'HEAD']],
  ['/openapi.json', ['GET', 'HEAD']],
  ['/docs', ['GET', 'HEAD']],
  ['/docs/swagger-ui-bundle.js', ['GET', 'HEAD']],
];

for (const [url, methods] of routes) {
  const allow = [...methods, 'OPTIONS'].sort().join(', ');

  testOnBothDatabases(`OPTIONS ${url} needs no token and lists the allowed methods`, async (t) => {
    const { app } = await testApp(t);
    const response = await app.inject({ method: 'OPTIONS', url });
    assert.equal(response.statusCode, 204);
    assert.equal(response.headers.allow, allow);
    assert.equal(response.body, '');
    assert.match(String(response.headers['x-request-id']), /^req-/);
  });

  testOnBothDatabases(`every other method on ${url} gets 405, with any body`, async (t) => {
    const { request } = await testApp(t);
    // CONNECT requests a tunnel, not a resource.
    const others = METHODS.filter((method) => ![...methods, 'OPTIONS', 'CONNECT'].includes(method));
    for (const method of others) {
      const headers = { 'content-type': 'text/plain' };
      const options = { method: method as 'PUT', url, headers, payload: method === 'TRACE' ? '' : 'x' };
      const response = await request(options);
      assert.equal(response.statusCode, 405, method);
      assert.equal(response.headers.allow, allow);
      if (method === 'HEAD') continue;
      assert.deepEqual(response.json(), {
        code: 'METHOD_NOT_ALLOWED',
        message: 'The method is not allowed for this resource',
        requestId: response.headers['x-request-id'],
      });
    }
  });
}

testOnBothDatabases('a wrong method on a public path gets 405 even without a token', async (t) => {
  const { app } = await testApp(t);
  assert.equal((await app.inject({ method: 'POST', url: '/health/live' })).statusCode, 405);
  assert.equal((await app.inject({ method: 'PUT', url: '/users' })).statusCode, 401);
});

testOnBothDatabases('an unknown path gets 404 with any method and body', async (t) => {
  const { request, app } = await testApp(t);
  for (const url of [
    '/docs/nothing',
    '/docs/swagger-ui.js',
    '/docs/../package.json',
    '/Users',
    '/users/',
    '/users//',
    '//users',
    '/users/1/',
    '/user',
    '/users/1/2',
    '/*',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE', 'PUT'] as const) {
      const headers = { 'content-type': 'application/json' };
      const response = await request({ method, url, headers, payload: '{' });
      assert.equal(response.statusCode, 404, `${method} ${url}`);
      assert.equal(response.json().code, 'RESOURCE_NOT_FOUND');
    }
  }
  assert.equal((await app.inject({ method: 'OPTIONS', url: '/nothing' })).statusCode, 404);
});
