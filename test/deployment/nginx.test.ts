import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { skipWithoutNginx, startNginx, startServers, UPSTREAM } from '../support/nginx.ts';
import { waitFor } from '../support/wait-for.ts';

const CONFIGURATION = readCheckedBlock('docs/deployment.md', import.meta.filename);
/** Several servers, in place of the one upstream of the configuration. */
const SEVERAL_SERVERS = readCheckedBlock('docs/scaling.md', import.meta.filename);

test('the nginx configuration in docs/deployment.md forwards requests, errors, streams and client addresses', async (t) => {
  if (skipWithoutNginx(t)) return;
  const started = await startServers(t, 1);
  const { call } = await startNginx(t, CONFIGURATION, started);
  const stream = await call({ path: '/events', headers: { accept: 'text/event-stream' } });
  assert.equal(stream.statusCode, 200);

  const created = await call({ method: 'POST', path: '/users' }, NEW_USER);
  assert.equal(created.statusCode, 201);
  assert.equal(created.headers['strict-transport-security'], 'max-age=31536000');
  // The stream does not end, so it arrives only if nginx does not buffer it.
  for await (const chunk of stream.setEncoding('utf8')) if (chunk.includes('user.created')) break;

  const tooLarge = await call({ method: 'POST', path: '/users' }, JSON.stringify({ firstName: 'x'.repeat(70_000) }));
  assert.equal(JSON.parse(await text(tooLarge)).code, 'PAYLOAD_TOO_LARGE');

  const unknown = await call({ path: '/users', localAddress: '127.0.0.2', token: 'wrong' });
  assert.equal(unknown.statusCode, 401);
  const failure = await waitFor(() => started.servers[0]?.log.find(({ msg }) => msg === 'authentication failed'), {
    message: 'the failed authentication is not logged',
  });
  assert.equal(failure.address, '127.0.0.2');
});

test('with the upstream in docs/scaling.md, one of two servers can stop while requests continue', async (t) => {
  if (skipWithoutNginx(t)) return;
  const started = await startServers(t, 2);
  assert.match(CONFIGURATION, UPSTREAM);
  const { call } = await startNginx(t, CONFIGURATION.replace(UPSTREAM, `${SEVERAL_SERVERS}\n`), started);
  const statuses = async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => call({ path: '/health/ready' })));
    return new Set(responses.map(({ statusCode }) => statusCode));
  };
  assert.deepEqual(await statuses(), new Set([200]));
  for (const { log } of started.servers) {
    await waitFor(() => log.some(({ route }) => route === '/health/ready'), { message: 'a server gets no requests' });
  }
  await started.servers[0]?.stop();
  assert.deepEqual(await statuses(), new Set([200]));
});

const NEW_USER = JSON.stringify({ firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
