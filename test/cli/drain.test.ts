import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const GET = 'GET /users/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer your-token-here\r\n\r\n';

async function start(t: TestContext): Promise<ServerProcess> {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db') });
  t.after(() => server.stop('SIGKILL'));
  return server;
}

function open(t: TestContext, server: ServerProcess): Socket {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setNoDelay();
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  return socket;
}

/** Sends a request and reads its response. Undefined if the connection was closed first. */
function exchange(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let response = '';
    const onData = (chunk: Buffer) => {
      response += chunk;
      const end = response.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(response)?.[1]);
      if (end !== -1 && response.length === end + 4 + length) finish(response);
    };
    const onClose = () => finish(undefined);
    const finish = (result: string | undefined) => {
      socket.off('data', onData).off('close', onClose);
      resolve(result);
    };
    socket.on('data', onData).on('close', onClose);
    socket.write(GET);
  });
}

const isLast = (response: string) => /^connection: close\r$/im.test(response);

async function logged(server: ServerProcess, msg: string): Promise<void> {
  const output = server.process.stdout as Readable;
  while (!server.log.some((line) => line.msg === msg)) await once(output, 'data');
}

test('a stop under load resets no request that was sent', async (t) => {
  const stopOnce = async () => {
    const server = await start(t);
    let responses = 0;
    let lost = 0;
    const loop = async (socket: Socket) => {
      for (;;) {
        const response = await exchange(socket);
        if (response === undefined) lost++;
        else responses++;
        if (response === undefined || isLast(response)) return;
      }
    };
    const clients = Array.from({ length: 32 }, () => loop(open(t, server)));
    await waitFor(() => responses >= 1_000, {
      timeoutMs: 60_000,
      message: 'the server responds to fewer than 1,000 requests',
    });
    assert.equal(await server.stop(), 0);
    await Promise.all(clients);
    return lost;
  };
  assert.deepEqual(await Promise.all(Array.from({ length: 6 }, stopOnce)), Array(6).fill(0));
});

test('a connection that is idle at the signal gets one more response, which says that it is the last', async (t) => {
  const server = await start(t);
  const socket = open(t, server);
  const first = await exchange(socket);
  assert.ok(first !== undefined && !isLast(first));
  const exit = server.stop();
  await logged(server, 'stopping');
  const second = await exchange(socket);
  assert.ok(second !== undefined && isLast(second));
  assert.equal(await exit, 0);
});

test('a response in progress at the signal says that it is the last', async (t) => {
  const server = await start(t);
  const socket = open(t, server);
  const body = '{"firstName": "John", "lastName": "Doe", "contactEmail": "john@example.com"}';
  const head = GET.replace('GET /users/1', 'POST /users').trimEnd();
  socket.write(
    `${head}\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  await once(socket, 'data');
  const exit = server.stop();
  await logged(server, 'stopping');
  socket.write(body);
  const [response] = await once(socket, 'data');
  assert.match(String(response), /^HTTP\/1\.1 201 /);
  assert.ok(isLast(String(response)), String(response));
  assert.equal(await exit, 0);
});

test('a request of which a part has arrived at the signal is finished', async (t) => {
  const server = await start(t);
  const socket = open(t, server);
  await exchange(socket);
  const exit = server.stop();
  await logged(server, 'stopping');
  socket.write(GET.slice(0, 20));
  // Longer than an idle connection stays open.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  socket.write(GET.slice(20));
  const [response] = await once(socket, 'data');
  assert.match(String(response), /^HTTP\/1\.1 404 /);
  assert.equal(await exit, 0);
});
