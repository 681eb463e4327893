import assert from 'node:assert/strict';
import { testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { emailApp } from '../support/email-app.ts';
import { JOHN } from '../support/examples.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { ALL_EVENTS, PORTS, sendingApp } from '../webhooks/sending.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const jane = { ...JOHN, contactEmail: 'jane@example.com' };
const json = { 'content-type': 'application/json' };
const create = (traceparent: string, user: object = JOHN, more: object = {}) => ({
  ...{ method: 'POST' as const, url: '/users', payload: JSON.stringify(user) },
  headers: { ...json, traceparent, ...more },
});

testOnBothDatabases('the log lines of a request with traceparent have its trace_id', async (t) => {
  const { request, app, log, sql } = await testApp(t);
  await request({ url: '/users', headers: { traceparent: TRACEPARENT } });
  await app.inject({ url: '/users', headers: { traceparent: TRACEPARENT, authorization: 'Bearer wrong' } });
  await sql('ALTER TABLE users RENAME TO hidden');
  await request({ url: '/users/1', headers: { traceparent: TRACEPARENT } });
  // The databases of tests on PostgreSQL are used again.
  await sql('ALTER TABLE hidden RENAME TO users');
  const messages = log.map(({ msg }) => msg);
  for (const message of ['request', 'authentication failed']) assert.ok(messages.includes(message), message);
  assert.ok(log.length >= 5, String(messages));
  for (const line of log) assert.equal(line.trace_id, TRACE, JSON.stringify(line));
});

testOnBothDatabases('an invalid traceparent starts a new trace; a request without one is in none', async (t) => {
  const { request, log } = await testApp(t);
  await request({ url: '/users', headers: { traceparent: `${TRACEPARENT}-"injected"` } });
  await request({ url: '/users' });
  const [invalid, none] = log;
  assert.equal(invalid?.trace_id, String(invalid?.requestId).slice('req-'.length).replaceAll('-', ''));
  assert.equal('trace_id' in (none ?? {}), false);
});

testOnBothDatabases('the requests of MCP tools belong to the trace of the client', async (t) => {
  const { app, request, log } = await testApp(t);
  const called = await request({
    ...{ method: 'POST', url: '/mcp' },
    headers: { ...json, accept: 'application/json, text/event-stream', traceparent: TRACEPARENT },
    payload: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'find_users', arguments: {} },
    }),
  });
  assert.equal(called.statusCode, 200, called.body);
  const requests = log.filter(({ msg }) => msg === 'request').map(({ route, trace_id }) => [route, trace_id]);
  assert.deepEqual(requests, [
    ['/users', TRACE],
    ['/mcp', TRACE],
  ]);
  await app.close();
});

testOnBothDatabases('a response does not depend on traceparent, and does not show it', async (t) => {
  const { request } = await testApp(t);
  const first = await request(create(TRACEPARENT, JOHN, { 'idempotency-key': 'one' }));
  const again = await request(create(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, JOHN, { 'idempotency-key': 'one' }));
  assert.deepEqual([first.statusCode, again.statusCode], [201, 201]);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  for (const url of ['/audit', '/events', '/users/1/history']) {
    const { body, statusCode } = await request({ url });
    assert.ok(statusCode === 200 || statusCode === 404, `${url}: ${statusCode}`);
    assert.equal(body.includes(TRACE), false, url);
    assert.equal(body.includes('traceparent'), false, url);
  }
});

testOnBothDatabases('webhooks carry the traceparent of the request that made the change', PORTS, async (t) => {
  const { url, received } = await startReceiver(t);
  const { hook, sendAll, request, post } = await sendingApp(t);
  await hook(url, ALL_EVENTS);
  const steps = [
    () => request(create(TRACEPARENT)),
    () => request(create(TRACEPARENT, jane, { 'idempotency-key': 'one' })),
    () => post('/users', { ...JOHN, contactEmail: 'none@example.com' }),
    () =>
      request({
        ...{ method: 'PATCH', url: '/users/1', payload: '{"firstName":"Johnny"}' },
        headers: { 'content-type': 'application/json', traceparent: TRACEPARENT },
      }),
    () =>
      request({
        ...{ method: 'POST', url: '/tasks/batch', headers: { ...json, traceparent: TRACEPARENT } },
        payload: JSON.stringify({
          tasks: [
            {
              userId: 1,
              taskTitle: 'One',
              dueDate: '2026-04-01T12:00:00Z',
              warningOffset: 0,
              taskStatus: 'NOT_STARTED',
            },
          ],
        }),
      }),
    () => request({ method: 'DELETE', url: '/tasks/1', headers: { traceparent: TRACEPARENT } }),
    () => request({ method: 'DELETE', url: '/users/2', headers: { traceparent: TRACEPARENT } }),
  ];
  for (const step of steps) {
    const response = await step();
    assert.ok(response.statusCode < 300, response.body);
    await sendAll();
  }
  assert.deepEqual(
    received.map(({ event, headers }) => [event.type, headers.traceparent]),
    [
      ['user.created', TRACEPARENT],
      ['user.created', TRACEPARENT],
      ['user.created', undefined],
      ['user.updated', TRACEPARENT],
      ['task.created', TRACEPARENT],
      ['task.deleted', TRACEPARENT],
      ['user.deleted', TRACEPARENT],
    ],
  );
  for (const { headers } of received) assert.equal(headers.tracestate, undefined);
});

testOnBothDatabases('the log line of a failed webhook has the trace_id of the request', PORTS, async (t) => {
  const { url } = await startReceiver(t, () => 500);
  const lines: object[] = [];
  const logger = { warn: (line: object) => lines.push(line), info: () => undefined } as never;
  const { hook, sendAll, request } = await sendingApp(t, { logger });
  await hook(url);
  await request(create(TRACEPARENT));
  await sendAll();
  const error = 'the receiver responded with 500';
  assert.deepEqual(lines, [{ webhookId: 1, deliveryId: 1, trace_id: TRACE, error }]);
});

testOnBothDatabases('the log line of a failed email has the trace_id of the request', async (t) => {
  const app = await emailApp(t, { confirmEmail: 'true' });
  app.smtp.rejection = { command: 'DATA', status: 451 };
  await app.request(create(TRACEPARENT));
  await app.runOnce();
  app.clock.now += 61_000;
  const other = TRACE.replaceAll('4', '5');
  const requested = await app.request({
    ...{ method: 'POST', url: '/users/1/email-confirmation' },
    headers: { traceparent: TRACEPARENT.replace(TRACE, other) },
  });
  assert.equal(requested.statusCode, 202, requested.body);
  await app.runOnce();
  assert.deepEqual(new Set(app.emailLog.map(({ trace_id }) => trace_id)), new Set([TRACE, other]));
});
