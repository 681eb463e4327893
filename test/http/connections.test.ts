import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { Connections } from '../../src/http/connections.ts';
import { HttpServer } from '../../src/http/server.ts';
import { waitFor } from '../support/wait-for.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function listening(t: TestContext, listener: RequestListener) {
  const warnings: object[] = [];
  const server = createServer(listener);
  const connections = new Connections(server, { warn: (fields: object) => warnings.push(fields) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const open = () => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
    return socket;
  };
  return { server, connections, open, warnings };
}

test('a client that reads nothing for a minute is disconnected; one that reads stays connected', async (t) => {
  const sockets: Socket[] = [];
  const { connections, open } = await listening(t, (request, response) => {
    sockets.push(request.socket);
    const chunks = Array.from({ length: 64 }, () => Buffer.alloc(1024 * 1024));
    Readable.from(chunks).pipe(response);
  });
  open().pause().write(GET);
  const reader = open().pause();
  reader.write(GET);
  while (sockets.length < 2 || sockets.some(({ writableLength }) => writableLength === 0))
    await once(reader, 'readable');
  const [one, other] = sockets as [Socket, Socket];
  connections.check(0);
  connections.check(59_999);
  assert.deepEqual([one.destroyed, other.destroyed], [false, false]);

  // The order of the connections is not known.
  const readersOwn = [one, other].find(({ remotePort }) => remotePort === reader.localPort) as Socket;
  const before = readersOwn.bytesWritten;
  reader.resume();
  while (readersOwn.bytesWritten === before) await once(reader, 'data');
  reader.pause();
  connections.check(60_000);
  assert.deepEqual(new Set([one.destroyed, other.destroyed]), new Set([true, false]));
  assert.equal(readersOwn.destroyed, false);
  connections.check(120_000);
  connections.check(180_000);
  assert.equal(readersOwn.destroyed, true);
});

test('a request may take longer than a minute', async (t) => {
  const { server, connections, open } = await listening(t, () => undefined);
  open().write(GET);
  const [request] = await once(server, 'request');
  for (const now of [0, 60_000, 120_000]) connections.check(now);
  assert.equal(request.socket.destroyed, false);
});

test('connections beyond the limit are closed, and the log has the start and the end', async (t) => {
  const { server, connections, open, warnings } = await listening(t, (_request, response) => response.end());
  assert.equal(server.maxConnections, 10_000);
  server.maxConnections = 2;
  const [first] = [open(), open()];
  while (connections.count < 2) await once(server, 'connection');
  for (let i = 0; i < 3; i++) await once(open().resume(), 'close');
  assert.deepEqual(warnings, [{ connections: 2 }]);

  first?.destroy();
  await waitFor(() => connections.count === 1, { message: 'the closed connection is still counted' });
  await once(open(), 'connect');
  connections.check(0);
  assert.equal(warnings.length, 1);
  connections.check(1_000);
  assert.deepEqual(warnings[1], { closed: 3 });
});

test('request timeouts take effect within two seconds', async (t) => {
  const server = new HttpServer(() => undefined, { warn: () => undefined });
  server.headersTimeout = 100;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const before = performance.now();
  socket.write('GET / HTTP/1.1\r\n');
  const [response] = await once(socket, 'data');
  assert.match(String(response), /^HTTP\/1\.1 408 /);
  assert.ok(performance.now() - before < 10_000);
});
