import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testApp } from '../support/app.ts';
import { JOHN } from '../support/examples.ts';

const APP = 'https://app.example.com';
const PREFLIGHT = {
  'access-control-request-method': 'PATCH',
  'access-control-request-headers': 'authorization,content-type',
};

test('a page of a configured origin can call the API and read its headers', async (t) => {
  const { app, request, post } = await testApp(t, { settings: { corsOrigins: `${APP},http://localhost:5173` } });
  await post('/users', JOHN);
  for (const origin of [APP, 'http://localhost:5173']) {
    const preflight = await app.inject({ method: 'OPTIONS', url: '/users/1', headers: { origin, ...PREFLIGHT } });
    assert.equal(preflight.statusCode, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], origin);
    assert.match(String(preflight.headers['access-control-allow-methods']), /PATCH/);
    assert.match(String(preflight.headers['access-control-allow-headers']), /Authorization.*Idempotency-Key.*If-Match/);
    assert.equal(preflight.headers.allow, 'DELETE, GET, HEAD, OPTIONS, PATCH');
    const response = await request({ url: '/users/1', headers: { origin } });
    assert.equal(response.headers['access-control-allow-origin'], origin);
    assert.equal(response.headers.vary, 'Origin');
    for (const name of ['X-Request-Id', 'X-RateLimit-Remaining', 'Link', 'ETag', 'Retry-After']) {
      assert.ok(String(response.headers['access-control-expose-headers']).split(', ').includes(name), name);
    }
    // Error responses too; otherwise the page cannot read the error.
    const rejected = await app.inject({ url: '/users/1', headers: { origin } });
    assert.deepEqual([rejected.statusCode, rejected.headers['access-control-allow-origin']], [401, origin]);
  }
});

test('a page of another origin is blocked', async (t) => {
  const { app, request } = await testApp(t, { settings: { corsOrigins: APP } });
  for (const origin of ['https://evil.example.com', `${APP}.evil.com`, 'null', APP.toUpperCase()]) {
    const preflight = await app.inject({ method: 'OPTIONS', url: '/users', headers: { origin, ...PREFLIGHT } });
    const response = await request({ url: '/users', headers: { origin } });
    for (const { headers } of [preflight, response]) assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('without CORS_ORIGINS every origin is blocked; with * every origin is allowed', async (t) => {
  const closed = await testApp(t);
  const response = await closed.request({ url: '/users', headers: { origin: APP } });
  assert.equal(response.headers['access-control-allow-origin'], undefined);
  const open = await testApp(t, { settings: { corsOrigins: '*' } });
  const { headers } = await open.request({ url: '/users', headers: { origin: APP } });
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(headers['access-control-allow-credentials'], undefined);
});

test('development mode allows localhost on any port, and the configured origins', async (t) => {
  for (const corsOrigins of ['', APP, '*']) {
    const { app, request } = await testApp(t, { acceptDevelopmentToken: true, settings: { corsOrigins } });
    const allowed = async (origin: string) => {
      const preflight = await app.inject({ method: 'OPTIONS', url: '/users', headers: { origin, ...PREFLIGHT } });
      assert.equal(preflight.statusCode, 204);
      const response = await request({ url: '/users', headers: { origin } });
      const [first, second] = [preflight, response].map(({ headers }) => headers['access-control-allow-origin']);
      assert.equal(first, second);
      return first === origin || first === '*';
    };
    for (const host of ['localhost:5173', 'localhost', '127.0.0.1:8080', '[::1]:3000']) {
      assert.equal(await allowed(`http://${host}`), true, host);
    }
    assert.equal(await allowed('https://localhost:5173'), true);
    assert.equal(await allowed(APP), corsOrigins !== '');
    if (corsOrigins !== '*') {
      const { headers } = await request({ url: '/users' });
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control-')),
        [],
        'a request without an origin is not from a page of another one',
      );
    }
    for (const origin of [
      'http://localhost.evil.com',
      'http://evillocalhost:3000',
      'http://127.0.0.1.evil.com:80',
      'http://127.0.0.2:3000',
      'http://localhost:3000@evil.com',
      'http://192.168.0.1:3000',
      'file://localhost',
      'null',
    ]) {
      assert.equal(await allowed(origin), corsOrigins === '*', origin);
    }
  }
});

test('with CORS, OPTIONS of an unknown path is still 404, and every response has a request id', async (t) => {
  const { app } = await testApp(t, { settings: { corsOrigins: APP } });
  const missing = await app.inject({ method: 'OPTIONS', url: '/nothing', headers: { origin: APP, ...PREFLIGHT } });
  assert.equal(missing.statusCode, 404);
  assert.equal(missing.json().requestId, missing.headers['x-request-id']);
  const plain = await app.inject({ method: 'OPTIONS', url: '/users' });
  assert.deepEqual([plain.statusCode, plain.headers.allow], [204, 'GET, HEAD, OPTIONS, POST']);
});

test('responses have security headers: no loads, no frames, no sniffing, no caching', async (t) => {
  const { app, request, post } = await testApp(t);
  const responses = [
    await post('/users', JOHN),
    await request({ url: '/users' }),
    await app.inject({ url: '/nothing' }),
  ];
  for (const { headers } of responses) {
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    assert.equal(headers['cache-control'], 'no-store');
  }
});

test('the development token is rejected under a host name that another machine could have', async (t) => {
  const { app } = await testApp(t, { acceptDevelopmentToken: true });
  const status = async (host: string) => {
    const headers = { host, authorization: 'Bearer your-token-here' };
    return (await app.inject({ url: '/users', headers })).statusCode;
  };
  for (const host of [
    'localhost:3000',
    '127.0.0.1:3000',
    '[::1]:3000',
    'LOCALHOST',
    'api.localhost:3000',
    '127.1.2.3',
  ]) {
    assert.equal(await status(host), 200, host);
  }
  for (const host of [
    'evil.example.com',
    'localhost.evil.com',
    '127.0.0.1.evil.com:3000',
    '10.0.0.1',
    'evillocalhost',
  ]) {
    assert.equal(await status(host), 401, host);
  }
});

test('unrecognised tokens count against the address that a trusted proxy reports', async (t) => {
  const statuses = async (settings: object, forwarded: (i: number) => string) => {
    const { app } = await testApp(t, { settings });
    const found = new Set<number>();
    for (let i = 0; i < 31; i++) {
      const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': forwarded(i) };
      found.add((await app.inject({ url: '/users', headers })).statusCode);
    }
    return [...found];
  };
  // The header is ignored: all requests count against the sender.
  assert.deepEqual(await statuses({}, (i) => `192.0.2.${i}`), [401, 429]);
  assert.deepEqual(await statuses({ trustProxy: 'loopback' }, (i) => `192.0.2.${i}`), [401]);
  assert.deepEqual(await statuses({ trustProxy: 'loopback' }, () => '192.0.2.1'), [401, 429]);
  // A value that the client adds in front is ignored.
  assert.deepEqual(await statuses({ trustProxy: '127.0.0.1' }, (i) => `198.51.100.${i}, 192.0.2.1`), [401, 429]);
  assert.deepEqual(
    await statuses({ trustProxy: '127.0.0.0/8,192.0.2.0/24' }, (i) => `198.51.100.${i}, 192.0.2.1`),
    [401],
  );
});
