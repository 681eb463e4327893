import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const BODY = '{"firstName": "John", "lastName": "Doe", "contactEmail": "john@example.com"}';

interface HalfSent {
  server: ServerProcess;
  databaseFile: string;
  socket: Socket;
  /** The responses received so far. */
  received: () => string;
}

/** A server with one request in flight: its head and the first half of its body have arrived. */
async function halfSent(t: TestContext): Promise<HalfSent> {
  const databaseFile = join(tempFolder(t), 'test.db');
  const server = await startServer({ databaseFile });
  t.after(() => server.stop('SIGKILL'));
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  t.after(() => socket.destroy());
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => undefined);
  socket.write(
    `POST /users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer your-token-here\r\nExpect: 100-continue\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`,
  );
  // The server says "continue": it has the request.
  await once(socket, 'data');
  socket.write(BODY.slice(0, 10));
  return { server, databaseFile, socket, received: () => received };
}

async function logged(server: ServerProcess, msg: string): Promise<void> {
  const output = server.process.stdout as Readable;
  while (!server.log.some((line) => line.msg === msg)) {
    assert.ok(!output.readableEnded, `the server ended without logging ${msg}`);
    await Promise.race([once(output, 'data'), once(output, 'end')]);
  }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} accepts no more connections, finishes requests in flight, writes the log, and exits with 0`, async (t) => {
    const { server, databaseFile, socket, received } = await halfSent(t);
    const exit = server.stop(signal);
    await logged(server, 'stopping');
    await assert.rejects(fetch(`${server.url}/health/live`));
    socket.write(BODY.slice(10));
    await once(socket, 'close');
    assert.match(received(), /HTTP\/1\.1 201 Created/);
    assert.equal(await exit, 0);
    assert.equal(server.log.at(-1)?.msg, 'stopped');
    assert.ok(!existsSync(`${databaseFile}-wal`));
  });
}

test('an idle connection does not delay the stop', async (t) => {
  const databaseFile = join(tempFolder(t), 'test.db');
  const server = await startServer({ databaseFile });
  // fetch keeps its connection open.
  await (await fetch(`${server.url}/health/live`)).text();
  const before = performance.now();
  assert.equal(await server.stop(), 0);
  assert.ok(performance.now() - before < 5000);
});

test('a second signal exits at once', async (t) => {
  const { server } = await halfSent(t);
  server.process.kill('SIGTERM');
  await logged(server, 'stopping');
  assert.equal(await server.stop('SIGINT'), 1);
});

test('a duplicate signal is ignored within a second, and later counts as a second signal', async (t) => {
  const { server, socket, received } = await halfSent(t);
  server.process.kill('SIGINT');
  server.process.kill('SIGINT');
  const exit = server.stop('SIGINT');
  await logged(server, 'stopping');
  socket.write(BODY.slice(10));
  await once(socket, 'close');
  assert.match(received(), /HTTP\/1\.1 201 Created/);
  assert.equal(await exit, 0);

  const { server: other } = await halfSent(t);
  const before = performance.now();
  const ended = once(other.process, 'exit');
  const again = setInterval(() => other.process.kill('SIGINT'), 50);
  assert.deepEqual(await ended, [1, null]);
  clearInterval(again);
  assert.ok(performance.now() - before < 5000);
});

test('a request that never finishes is aborted, and the process exits with 0 within 10 seconds', async (t) => {
  const { server } = await halfSent(t);
  const before = performance.now();
  assert.equal(await server.stop(), 0);
  assert.ok(performance.now() - before < 10_000);
});

test('the service stops if the reader of its log has exited', async (t) => {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db') });
  t.after(() => server.stop('SIGKILL'));
  server.process.stdout?.destroy();
  assert.equal(await server.stop(), 0);

  const busy = await startServer({ databaseFile: join(tempFolder(t), 'test.db') });
  t.after(() => busy.stop('SIGKILL'));
  busy.process.stdout?.destroy();
  for (let i = 0; i < 3; i++) assert.equal((await fetch(`${busy.url}/health/live`)).status, 200);
  assert.equal(await busy.stop(), 0);
});

test('the service stops if the reader of its log has stalled', async (t) => {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db') });
  t.after(() => server.stop('SIGKILL'));
  server.process.stdout?.pause();
  // More lines than a pipe holds.
  for (let i = 0; i < 1500; i++) await (await fetch(`${server.url}/health/live`)).text();
  const before = performance.now();
  server.process.kill('SIGTERM');
  await once(server.process, 'exit');
  assert.ok(performance.now() - before < 10_000);
});
