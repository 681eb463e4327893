import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runCli } from '../support/cli.ts';
import { JOHN } from '../support/examples.ts';
import { type ServerOptions, type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startHostileReceiver } from '../webhooks/hostile-receiver.ts';
import { startReceiver } from '../webhooks/receiver.ts';

const KEY = Buffer.alloc(32, 3).toString('base64');

async function start(t: TestContext, options: ServerOptions): Promise<ServerProcess> {
  const server = await startServer(options);
  t.after(() => server.process.kill('SIGKILL'));
  return server;
}

/** Sends a request, and returns the status and body of the response. */
function sendTo({ url }: ServerProcess, token: string) {
  return async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
}

test('dev generates a key that only its owner can read, and delivers webhooks to this machine', async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  const { url, received } = await startReceiver(t);
  const first = await start(t, { databaseFile });
  await sendTo(first, 'your-token-here')('POST', '/webhooks', { url, events: ['user.created'] });
  assert.equal(statSync(`${databaseFile}.key`).mode & 0o777, 0o600);
  assert.equal(await first.stop(), 0);

  const second = await start(t, { databaseFile });
  await sendTo(second, 'your-token-here')('POST', '/users', JOHN);
  await waitFor(() => received.length > 0, { message: 'no webhook is sent' });
  assert.equal(await second.stop(), 0);
  assert.equal(received.length, 1);
});

test('serve disables webhooks without SECRET_KEY, logs it, and rejects private addresses', async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--database-url', `file:${databaseFile}`];
  const token = (await runCli(create)).stdout.trim();
  const { url, received } = await startReceiver(t);
  const without = await start(t, { databaseFile, command: 'serve' });
  const wanted = { url: 'https://hooks.example.com/', events: ['user.created'] };
  const rejected = await sendTo(without, token)('POST', '/webhooks', wanted);
  assert.deepEqual([rejected.status, rejected.body.code], [501, 'NOT_CONFIGURED']);
  assert.ok(without.log.some(({ msg }) => /^SECRET_KEY is not set/.test(String(msg))));
  assert.ok(!existsSync(`${databaseFile}.key`));
  await without.stop();

  // Temporarily allowed, to create a webhook with a private address.
  const allow = ['--secret-key', KEY, '--webhook-allow-private', 'true'];
  const allowing = await start(t, { databaseFile, command: 'serve', args: allow });
  const created = await sendTo(allowing, token)('POST', '/webhooks', { url, events: ['user.created'] });
  assert.equal(created.status, 201);
  await allowing.stop();

  const server = await start(t, { databaseFile, command: 'serve', args: ['--secret-key', KEY] });
  assert.ok(!server.log.some(({ msg }) => /SECRET_KEY/.test(String(msg))));
  const send = sendTo(server, token);
  assert.equal((await send('POST', '/webhooks', { url, events: ['user.created'] })).status, 400);
  await send('POST', '/users', JOHN);
  const lastError = async () => {
    const { deliveries } = (await send('GET', '/webhooks/1/deliveries')).body as {
      deliveries: { lastError?: string }[];
    };
    return deliveries[0]?.lastError;
  };
  const error = await waitFor(lastError, { message: 'no attempt is recorded' });
  assert.equal(error, '127.0.0.1 is not a public address, and WEBHOOK_ALLOW_PRIVATE is not true');
  assert.equal(received.length, 0);
});

test('a stop waits for webhook deliveries in flight, for a limited time', async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  let respond: (() => void) | undefined;
  const { url, received } = await startReceiver(t, (_, response) => {
    respond = () => response.writeHead(204).end();
    return undefined;
  });
  const server = await start(t, { databaseFile });
  const send = sendTo(server, 'your-token-here');
  await send('POST', '/webhooks', { url, events: ['user.created'] });
  await send('POST', '/users', JOHN);
  await waitFor(() => received.length > 0, { message: 'no webhook is sent' });
  const stopping = server.stop();
  await pause(200);
  respond?.();
  assert.equal(await stopping, 0);

  const again = await start(t, { databaseFile });
  const { deliveries } = (await sendTo(again, 'your-token-here')('GET', '/webhooks/1/deliveries')).body as {
    deliveries: { state: string; attempts: number }[];
  };
  assert.deepEqual([deliveries[0]?.state, deliveries[0]?.attempts], ['delivered', 1]);
  await sendTo(again, 'your-token-here')('POST', '/users', { ...JOHN, contactEmail: 'jane@example.com' });
  await waitFor(() => received.length > 1, { message: 'the second webhook is not sent' });
  assert.equal(await again.stop(), 0, 'even if the receiver never responds');
});

test('a stop closes the database, even if receivers switch protocols', async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  const hostile = await startHostileReceiver(t, 'upgrade');
  const server = await start(t, { databaseFile });
  const send = sendTo(server, 'your-token-here');
  for (let n = 0; n < 32; n++) await send('POST', '/webhooks', { url: hostile.url, events: ['user.created'] });
  await send('POST', '/users', JOHN);
  await waitFor(() => hostile.connections() === 32, { message: 'fewer than 32 webhooks are sent' });
  assert.equal(await server.stop(), 0);
  // Closing the store moves the log into the file.
  assert.ok(!existsSync(`${databaseFile}-wal`));
});
