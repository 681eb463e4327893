import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import pino from 'pino';
import { logRequests } from '../../src/http/request-log.ts';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

testOnBothDatabases('each request is one log line, without personal data', async (t) => {
  const { post, request, token, log, app } = await testApp(t);
  const text = await token();
  const response = await post(
    '/users',
    { firstName: 'Zaphod', lastName: 'Beeblebrox', contactEmail: 'z@b.example' },
    text,
  );
  await post('/users', { firstName: 'Zaphod', lastName: 'Beeblebrox', contactEmail: 'z@b.example' }, text);
  await post('/users', '{"firstName": "Zaphod"', text);
  await request({ url: '/users/Zaphod', token: text });
  await request({ url: '/Beeblebrox?z@b.example', token: text });
  await app.inject({ url: '/users/1', headers: { authorization: 'Bearer tmapi_Zaphod' } });

  assert.deepEqual(
    log.map(({ method, route, status, tokenId, msg }) => [method, route, status, tokenId, msg]),
    [
      ['POST', '/users', 201, 1, 'request'],
      ['POST', '/users', 400, 1, 'request'],
      ['POST', '/users', 400, 1, 'request'],
      ['GET', '/users/:userId', 400, 1, 'request'],
      ['GET', null, 404, 1, 'request'],
      [undefined, undefined, undefined, undefined, 'authentication failed'],
      ['GET', '/users/:userId', 401, null, 'request'],
    ],
  );
  assert.equal(log[0]?.requestId, response.headers['x-request-id']);
  assert.equal(typeof log[0]?.durationMs, 'number');
  const everything = JSON.stringify(log);
  for (const secret of ['Zaphod', 'Beeblebrox', 'z@b', 'tmapi_', text]) assert.ok(!everything.includes(secret), secret);
});

testOnBothDatabases('the log line of a 403 names the missing scope', async (t) => {
  const { request, token, log } = await testApp(t);
  const text = await token({ scopes: ['users:read'] });
  await request({ url: '/users', token: text });
  await request({ url: '/tasks', token: text });
  await request({ url: '/events', token: await token({ scopes: ['users:write'] }) });
  assert.deepEqual(
    log.map(({ route, missingScope }) => [route, missingScope]),
    [
      ['/users', undefined],
      ['/tasks', 'tasks:read'],
      ['/events', 'users:read tasks:read'],
    ],
  );
});

test('the log line of a request is the one that pino writes', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const app = fastify();
  t.after(() => app.close());
  logRequests(app, logger);
  const denied = {
    tokenId: 'jwt:"\\\n',
    scopes: new Set<never>(),
    plan: 'basic',
    userId: null,
    denied: 'no-user',
  } as const;
  app.get('/users', (request) => {
    Object.assign(request, { pattern: '/"/:userId', principal: denied, missingScope: 'users:read' });
    return '';
  });
  app.get('/health', (request) => {
    Object.assign(request, { pattern: null, principal: null, missingScope: null });
    return '';
  });
  for (const url of ['/users', '/health']) {
    await app.inject(url);
    const [line = ''] = lines.splice(0);
    const { level, time, pid, hostname, msg, ...fields } = JSON.parse(line);
    logger.info(fields, msg);
    assert.equal(line, lines.pop());
  }
  logger.level = 'warn';
  await app.inject('/users');
  assert.deepEqual(lines, []);
});
