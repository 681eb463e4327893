import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** How many files the process may have open: enough to start. */
const MAX_OPEN_FILES = 80;

test('the pages are served while the process cannot open files, and after', async (t) => {
  const wrap = ['sh', '-c', `ulimit -n ${MAX_OPEN_FILES}; exec "$@"`, 'sh'];
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db'), wrap });
  t.after(() => server.stop());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const status = async (path: string) => {
    const request = get(`${server.url}${path}`, { agent, headers: { accept: 'text/html' } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await response.resume().toArray();
    return response.statusCode;
  };
  // This connection stays, and is used by all that follow.
  assert.equal(await status('/health/live'), 200);

  const { port } = new URL(server.url);
  const sockets: Socket[] = [];
  const full = Promise.withResolvers<void>();
  for (let i = 0; i < 2 * MAX_OPEN_FILES; i++) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    // What cannot be accepted is closed.
    socket.on('close', () => full.resolve()).resume();
    sockets.push(socket);
  }
  t.after(() => sockets.map((socket) => socket.destroy()));
  await full.promise;
  const pages = ['/', '/console', '/docs', '/docs/swagger-ui-bundle.js', '/favicon.ico'];
  for (const page of pages) assert.equal(await status(page), 200, page);

  for (const socket of sockets) socket.destroy();
  for (const page of pages) assert.equal(await status(page), 200, page);
});
