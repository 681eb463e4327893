import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../docs/clone.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { JOHN } from '../support/examples.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { newDatabase } from '../support/stores.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { PORTS } from '../webhooks/sending.ts';
import { type Collector, type ExportedSpan, exportTo, startCollector, TRACING } from './collector.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

const TOKEN = 'your-token-here';

/** The `tracing.mjs` of the documentation, in a folder from which the SDK can be found. */
function writeTracing(t: TestContext): string {
  const folder = tempFolder(t);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'tracing.mjs');
  writeFileSync(file, TRACING);
  return pathToFileURL(file).href;
}

interface TracedServer {
  server: ServerProcess;
  post: (url: string, body: object, headers?: Record<string, string>) => Promise<Response>;
}

/** A server in development mode, to which the operator has added the SDK. */
async function startTraced(t: TestContext, collector: Collector, variables: object = {}): Promise<TracedServer> {
  const { databaseUrl } = await newDatabase(t, Date.now);
  const environment = {
    NODE_OPTIONS: `--import=${writeTracing(t)}`,
    ...exportTo(collector),
    SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    ...variables,
  };
  const wrap = ['env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
  const server = await startServer({ databaseUrl, wrap });
  t.after(() => server.stop('SIGKILL'));
  const post: TracedServer['post'] = (url, body, headers) =>
    fetch(`${server.url}${url}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  return { server, post };
}

const numbers = (span: ExportedSpan) => ({
  kind: span.kind,
  parent: span.parentSpanId,
  error: span.status.code === ERROR,
});

testOnBothDatabases(
  'with the SDK, a request is one trace from the caller to the webhook and the email',
  PORTS,
  async (t) => {
    const collector = await startCollector(t);
    const smtp = await startSmtpServer(t);
    const { url, received } = await startReceiver(t);
    const { server, post } = await startTraced(t, collector, {
      SMTP_URL: smtp.url,
      EMAIL_FROM: EMAIL_TEST_SETTINGS.emailFrom,
      PUBLIC_URL: EMAIL_TEST_SETTINGS.publicUrl,
      CONFIRM_EMAIL: 'true',
    });
    assert.equal((await post('/webhooks', { url: `${url}/hook-secret`, events: ['user.created'] })).status, 201);
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const response = await post('/users?q=private', JOHN, { traceparent, tracestate: 'vendor=value' });
    assert.equal(response.status, 201);

    const request = await collector.find('POST /users', TRACE);
    const requestId = response.headers.get('x-request-id');
    assert.deepEqual(numbers(request), { kind: SERVER, parent: PARENT, error: false });
    assert.equal(request.traceState, 'vendor=value');
    assert.deepEqual(request.attributes, {
      'http.request.method': 'POST',
      'http.route': '/users',
      'http.response.status_code': 201,
      'http.response.header.x-request-id': [requestId],
      'network.protocol.version': '1.1',
      'url.scheme': 'http',
    });

    const system = t.name.includes('postgres') ? 'postgresql' : 'sqlite';
    const store = await collector.find('create users', TRACE);
    const kind = system === 'sqlite' ? INTERNAL : CLIENT;
    assert.deepEqual(numbers(store), { kind, parent: request.spanId, error: false });
    const database = { 'db.system.name': system };
    assert.deepEqual(store.attributes, { ...database, 'db.collection.name': 'users', 'db.operation.name': 'create' });
    const commit = await collector.find('group commit', TRACE);
    assert.deepEqual(numbers(commit), { kind: INTERNAL, parent: store.spanId, error: false });
    assert.deepEqual(commit.attributes, database);

    const webhook = await collector.find('POST webhook', TRACE);
    assert.equal(webhook.kind, CLIENT);
    assert.deepEqual(webhook.attributes, {
      'http.request.method': 'POST',
      'http.response.status_code': 204,
      'task_api.webhook.id': 1,
      'task_api.delivery.id': 1,
      'task_api.event.type': 'user.created',
    });
    assert.deepEqual(
      received.map(({ headers }) => [headers.traceparent, headers.tracestate]),
      [[`00-${TRACE}-${webhook.spanId}-01`, undefined]],
    );
    const email = await collector.find('send email', TRACE);
    assert.equal(email.kind, CLIENT);
    assert.equal(email.attributes['task_api.email.kind'], 'confirmation');
    assert.deepEqual([webhook.parentSpanId, email.parentSpanId], [request.spanId, request.spanId]);

    const line = await waitFor(() => server.log.find((entry) => entry.requestId === requestId), {
      message: 'no log line',
    });
    assert.equal(line.trace_id, TRACE);
    const exported = collector.text();
    for (const secret of [
      'John',
      'john',
      'example.com',
      TOKEN,
      'private',
      'hook-secret',
      '127.0.0.1',
      'database-url',
    ]) {
      assert.equal(exported.includes(secret), false, `spans contain ${secret}`);
    }
  },
);

test('a request without a valid traceparent starts a trace; tracestate is limited', async (t) => {
  const collector = await startCollector(t);
  const { server, post } = await startTraced(t, collector);
  const response = await fetch(`${server.url}/no-such-page`, {
    headers: { authorization: `Bearer ${TOKEN}`, traceparent: `00-${TRACE}-${PARENT}-xx`, tracestate: 'lost=1' },
  });
  assert.equal(response.status, 404);
  const line = await waitFor(
    () => server.log.find(({ requestId }) => requestId === response.headers.get('x-request-id')),
    { message: 'no log line' },
  );
  const span = await collector.find('GET', String(line.trace_id));
  assert.notEqual(span.traceId, TRACE);
  assert.deepEqual([span.parentSpanId, span.traceState], [undefined, undefined]);
  assert.equal(span.attributes['http.response.status_code'], 404);
  assert.equal(span.attributes['http.route'], undefined);

  const tracestate = Array.from({ length: 33 }, (_, i) => `key${i}=1`).join(',');
  const trace = 'c'.repeat(32);
  const rejected = await post('/users', {}, { traceparent: `00-${trace}-${PARENT}-01`, tracestate });
  assert.equal(rejected.status, 400);
  const limited = await collector.find('POST /users', trace);
  assert.ok((limited.traceState ?? '').split(',').length <= 32);
  assert.equal(numbers(limited).error, false);
});

test('writes that are stored together share a group commit with links; the caller decides what is recorded', async (t) => {
  const collector = await startCollector(t);
  const { post } = await startTraced(t, collector);
  const users = Array.from({ length: 40 }, (_, i) => ({ ...JOHN, contactEmail: `u${i}@example.com` }));
  const responses = await Promise.all(users.map((user) => post('/users', user)));
  assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([201]));
  const commits = () => collector.spans.filter(({ name }) => name === 'group commit');
  const size = ({ attributes }: ExportedSpan) => Number(attributes['db.operation.batch.size'] ?? 1);
  await waitFor(() => commits().reduce((sum, span) => sum + size(span), 0) === 40, { message: 'not all writes' });
  for (const commit of commits()) assert.equal(commit.links.length, size(commit) - 1);
  assert.ok(
    commits().some((commit) => commit.links.length > 0),
    'no group had two writes',
  );
  const creations = collector.spans.filter(({ name }) => name === 'create users').map(({ spanId }) => spanId);
  const stored = commits().flatMap(({ parentSpanId, links }) => [parentSpanId, ...links.map(({ spanId }) => spanId)]);
  assert.deepEqual(new Set(stored), new Set(creations));

  const unsampled = 'd'.repeat(32);
  await post('/users', { ...JOHN, contactEmail: 'x@example.com' }, { traceparent: `00-${unsampled}-${PARENT}-00` });
  await post('/users', { ...JOHN, contactEmail: 'y@example.com' }, { traceparent: `00-${TRACE}-${PARENT}-01` });
  await collector.find('POST /users', TRACE);
  assert.equal(
    collector.spans.some(({ traceId }) => traceId === unsampled),
    false,
  );
});

test('the span of a failed webhook has an error', async (t) => {
  const collector = await startCollector(t);
  const { url } = await startReceiver(t, () => 500);
  const { post } = await startTraced(t, collector);
  await post('/webhooks', { url, events: ['user.created'] });
  await post('/users', JOHN, { traceparent: `00-${TRACE}-${PARENT}-01` });
  const span = await collector.find('POST webhook', TRACE);
  assert.equal(numbers(span).error, true);
  assert.deepEqual([span.attributes['http.response.status_code'], span.attributes['error.type']], [500, '500']);
});

test('a client that disconnects leaves a span that reports it', async (t) => {
  const collector = await startCollector(t);
  const { server } = await startTraced(t, collector);
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream' };
  const traceparent = `00-${TRACE}-${PARENT}-01`;
  await fetch(`${server.url}/events`, { headers: { ...headers, traceparent }, signal: abort.signal });
  abort.abort();
  const span = await collector.find('GET /events', TRACE);
  assert.equal(span.attributes['error.type'], 'client_disconnected');
});

test('the last spans are sent when the service stops', async (t) => {
  const collector = await startCollector(t);
  const { server, post } = await startTraced(t, collector, { OTEL_BSP_SCHEDULE_DELAY: '60000' });
  await post('/users', JOHN, { traceparent: `00-${TRACE}-${PARENT}-01` });
  assert.equal(collector.spans.length, 0);
  assert.equal(await server.stop(), 0);
  assert.ok(collector.spans.some(({ name }) => name === 'POST /users'));
});

test('what --import loads is not loaded into the threads of the service', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'preload.mjs');
  writeFileSync(file, "process.stderr.write('loaded\\n');");
  const wrap = ['env', `NODE_OPTIONS=--import=${pathToFileURL(file).href}`];
  const server = await startServer({ databaseFile: join(folder, 'test.db'), wrap });
  t.after(() => server.stop('SIGKILL'));
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ users: [JOHN] });
  const batch = await fetch(`${server.url}/users/batch`, { method: 'POST', headers, body });
  assert.equal(batch.status, 201, await batch.text());
  const list = await fetch(`${server.url}/users`, { headers: { ...headers, accept: 'application/x-ndjson' } });
  assert.match(await list.text(), /John/);
  const search = await fetch(`${server.url}/users?_search=jo*`, { headers });
  assert.equal(search.status, 200, await search.text());
  assert.equal(await server.stop(), 0);
  assert.equal(server.stderr().match(/^loaded$/gm)?.length, 1);
});

test('an SDK with an API that is too old is reported, and the service runs without spans', async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, 'old.mjs');
  writeFileSync(file, "globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.0.0', trace: {} };");
  const wrap = ['env', `NODE_OPTIONS=--import=${pathToFileURL(file).href}`];
  const server = await startServer({ databaseFile: join(folder, 'test.db'), wrap });
  t.after(() => server.stop('SIGKILL'));
  const warning = server.log.find(({ msg }) => String(msg).startsWith('traces are not recorded'));
  assert.match(String(JSON.stringify(warning?.err)), /@opentelemetry\/api 1\.0\.0 of the SDK is too old/);
  assert.equal((await fetch(`${server.url}/health/live`)).status, 200);
});
