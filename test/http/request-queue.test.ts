import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpServer } from '../../src/http/server.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

async function listening(
  t: TestContext,
  listener: RequestListener,
): Promise<{ server: HttpServer; open: () => Socket }> {
  const server = new HttpServer(listener, { warn: () => undefined });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
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
  return { server, open };
}

/** Resolves with the numbers in brackets, once `count` of them are read. */
async function readNumbers(socket: Socket, count: number): Promise<number[]> {
  const numbers: number[] = [];
  let rest = '';
  for await (const chunk of socket) {
    const text = rest + chunk;
    numbers.push(...[...text.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number)));
    rest = text.slice(text.lastIndexOf(']') + 1).slice(-10);
    if (numbers.length >= count) return numbers;
  }
  throw new Error(`only ${numbers.length} of ${count}`);
}

/** Resolves with a number once it has not changed for 200 ms. */
async function stableValue(read: () => number): Promise<number> {
  for (let before = -1; ; ) {
    const now = read();
    if (now === before) return now;
    before = now;
    await sleep(200);
  }
}

test('pipelined requests are handled one at a time', async (t) => {
  let inProgress = 0;
  let most = 0;
  let count = 0;
  const { open } = await listening(t, async (_request, response) => {
    most = Math.max(most, ++inProgress);
    await sleep(1);
    inProgress--;
    response.end(`[${count++}]`);
  });
  const socket = open();
  socket.write(GET.repeat(100));
  assert.deepEqual(await readNumbers(socket, 100), [...Array(100).keys()]);
  assert.equal(most, 1);
});

test('a client that does not read its responses stops its own requests', async (t) => {
  let handled = 0;
  const body = 'x'.repeat(1024 * 1024);
  const { open } = await listening(t, (_request, response) => {
    response.end(`[${handled++}]${body}`);
  });
  const socket = open().pause();
  socket.write(GET.repeat(100));
  // The operating system buffers some.
  assert.ok((await stableValue(() => handled)) < 30, String(handled));
  assert.deepEqual(await readNumbers(socket, 100), [...Array(100).keys()]);
});

test('a connection with many requests waiting is not read', async (t) => {
  const responses: ServerResponse[] = [];
  const { server, open } = await listening(t, (_request, response) => responses.push(response));
  const [accepted, socket] = [once(server, 'connection'), open()];
  const [connection] = (await accepted) as [Socket];
  const count = 100_000;
  socket.write(GET.repeat(count));
  // Node reads 64 KiB at once.
  assert.ok((await stableValue(() => connection.bytesRead)) <= 64 * 1024, String(connection.bytesRead));
  assert.equal(responses.length, 1);
});

test('pipelined bodies larger than one read arrive complete', async (t) => {
  const { open } = await listening(t, async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    response.end(`[${length}]`);
  });
  const socket = open();
  const body = 'x'.repeat(50_000);
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`.repeat(40));
  assert.deepEqual(await readNumbers(socket, 40), Array(40).fill(50_000));
});

test('a turn of the event loop handles at most 256 requests', async (t) => {
  let inTurn = 0;
  let most = 0;
  let handled = 0;
  const all = Promise.withResolvers<void>();
  const { open } = await listening(t, (_request, response) => {
    if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
    most = Math.max(most, inTurn);
    response.end();
    if (++handled === 600) all.resolve();
  });
  const sockets = Array.from({ length: 600 }, open);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(GET);
  await all.promise;
  assert.ok(most <= 256, String(most));
});

test('waiting connections are accepted before requests are handled', async (t) => {
  let accepted = 0;
  const acceptedBefore: number[] = [];
  const all = Promise.withResolvers<void>();
  const { server, open } = await listening(t, (_request, response) => {
    acceptedBefore.push(accepted);
    response.end();
    if (acceptedBefore.length === 200) all.resolve();
  });
  server.on('connection', () => accepted++);
  for (let i = 0; i < 200; i++) open().write(GET);
  await all.promise;
  assert.deepEqual(new Set(acceptedBefore), new Set([200]));
});

test('a queued request is dropped if its client disconnects', async (t) => {
  const responses: ServerResponse[] = [];
  const { open } = await listening(t, (_request, response) => responses.push(response));
  const socket = open();
  socket.write(GET.repeat(3));
  await stableValue(() => responses.length);
  const closed = new Promise((resolve) => responses[0]?.socket?.once('close', resolve));
  socket.resetAndDestroy();
  await closed;
  responses[0]?.end();
  assert.equal(await stableValue(() => responses.length), 1);
});
