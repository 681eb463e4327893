import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { createDisk, type Disk, skipWithoutCompiler } from './disk.ts';
import { nthUser, type SeenUser } from './nth-user.ts';
import { readCopy } from './read-copy.ts';

const headers = { authorization: 'Bearer your-token-here', 'content-type': 'application/json' };
const ARGS = ['--host', '127.0.0.1', '--plans', 'development=999999999999/999999999999'];

/** On a machine that does nothing else, 100 ms is enough. The disk stands still for much longer. */
const MAX_RESPONSE_MS = 1_500;

interface Running {
  disk: Disk;
  databaseFile: string;
  server: ServerProcess;
}

async function startOnDisk(t: TestContext, databaseFile?: string): Promise<Running> {
  const folder = tempFolder(t);
  const disk = createDisk(folder);
  databaseFile ??= join(folder, 'test.db');
  const server = await startServer({ databaseFile, args: ARGS, wrap: disk.wrap });
  t.after(() => server.process.kill('SIGKILL'));
  return { disk, databaseFile, server };
}

function create({ url }: ServerProcess, n: number): Promise<Response> {
  return fetch(`${url}/users`, { method: 'POST', headers, body: JSON.stringify(nthUser(n)) });
}

test('while the disk stands still, reads go on, and writes get 503 after 5 seconds', async (t) => {
  if (skipWithoutCompiler(t)) return;
  const { disk, databaseFile, server } = await startOnDisk(t);
  const statusOf = async (path: string) => (await fetch(server.url + path, { headers })).status;
  const known = (await (await create(server, 0)).json()) as SeenUser;
  // The freeze must meet a disk that was fast, for which the event loop waits.
  for (let n = 1; n < 20; n++) assert.equal((await create(server, n)).status, 201);

  disk.behave('freeze');
  const frozenAt = performance.now();
  const writes = Array.from({ length: 20 }, (_, i) => create(server, 100 + i));
  let pending = true;
  const responses = Promise.all(writes).finally(() => {
    pending = false;
  });
  let slowest = 0;
  let reads = 0;
  while (pending) {
    const start = performance.now();
    assert.equal(await statusOf('/health/live'), 200);
    assert.equal(await statusOf(`/users/${known.userId}`), 200);
    // A user who is not on disk is not shown.
    const list = await (await fetch(`${server.url}/users?_sort=-userId&_perPage=1`, { headers })).json();
    assert.equal((list as { users: SeenUser[] }).users[0]?.userId, 20);
    slowest = Math.max(slowest, performance.now() - start);
    reads++;
    await wait(20);
  }
  const waited = performance.now() - frozenAt;
  t.diagnostic(
    `${reads} times three reads, the slowest ${slowest.toFixed(0)} ms; writes waited ${waited.toFixed(0)} ms`,
  );
  assert.ok(slowest < MAX_RESPONSE_MS, `${slowest} ms`);
  assert.ok(waited > 4_500, `${waited} ms`);
  for (const response of await responses) {
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('retry-after'), '1');
  }
  assert.equal(await statusOf('/health/ready'), 503);
  assert.equal(await statusOf('/health/live'), 200);

  disk.behave('normal');
  await waitFor(async () => (await statusOf('/health/ready')) === 200, { message: 'not ready' });
  const { userId } = (await (await create(server, 200)).json()) as SeenUser;
  assert.equal(await statusOf(`/users/${userId}`), 200);
  assert.equal(await server.stop(), 0);
  const stored = readCopy(databaseFile).users.map(({ contactEmail }) => contactEmail);
  for (let n = 0; n < 20; n++) assert.ok(stored.includes(nthUser(n).contactEmail));
});

test('after a failed sync nothing is acknowledged or shown, and the server exits with 1', async (t) => {
  if (skipWithoutCompiler(t)) return;
  const { disk, databaseFile, server } = await startOnDisk(t);
  for (let n = 0; n < 5; n++) assert.equal((await create(server, n)).status, 201);
  const { size, mtimeMs } = statSync(databaseFile);
  // A request that does not end must not delay the restart, without which nothing is served.
  const unfinished = connect(Number(new URL(server.url).port), '127.0.0.1');
  t.after(() => unfinished.destroy());
  unfinished.on('error', () => undefined);
  unfinished.write(
    `POST /users HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers.authorization}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  disk.behave('fail');
  const failedAt = performance.now();
  const exited = new Promise<number | null>((resolve) => server.process.once('exit', resolve));
  const responses = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => create(server, 100 + i)));
  for (const response of responses) {
    if (response.status === 'fulfilled') assert.equal(response.value.status, 503);
  }
  // The system may report the next sync as successful.
  disk.behave('normal');
  const read = await fetch(`${server.url}/users/1`, { headers }).catch(() => undefined);
  assert.notEqual(read?.status, 200);
  assert.equal(await exited, 1);
  const exitMs = performance.now() - failedAt;
  t.diagnostic(`exited after ${exitMs.toFixed(0)} ms`);
  assert.ok(exitMs < 6_000, `${exitMs} ms`);
  const fatal = server.log.find(({ msg }) => msg === 'stopping after an unexpected error');
  assert.match(JSON.stringify(fatal), /write-ahead log could not be synced \(EIO\); the latest writes may be lost/);
  // A page that was not written could be copied into the file: only a start checks the log's checksums.
  assert.deepEqual({ size, mtimeMs }, { size: statSync(databaseFile).size, mtimeMs: statSync(databaseFile).mtimeMs });
  assert.ok(existsSync(`${databaseFile}-wal`));

  const again = await startServer({ databaseFile, args: ARGS });
  t.after(() => again.process.kill('SIGKILL'));
  const users = (await (await fetch(`${again.url}/users`, { headers })).json()) as { users: SeenUser[] };
  for (let n = 0; n < 5; n++) {
    assert.ok(users.users.some(({ contactEmail }) => contactEmail === nthUser(n).contactEmail));
  }
  assert.equal((await create(again, 300)).status, 201);
  assert.equal(await again.stop(), 0);
  assert.equal(readCopy(databaseFile).integrity, 'ok');
});

test('if a read fails while the disk stands still, later reads do not show what is not on disk', async (t) => {
  if (skipWithoutCompiler(t)) return;
  const { disk, databaseFile, server } = await startOnDisk(t);
  const newest = () => fetch(`${server.url}/users?_sort=-userId&_perPage=1`, { headers });
  assert.equal((await create(server, 0)).status, 201);
  disk.behave('freeze');
  const created = create(server, 1);
  await waitFor(() => readCopy(databaseFile).users.length === 2, { message: 'not committed' });
  // The connection for reads has no page in memory yet.
  disk.behave('freeze unreadable');
  assert.equal((await newest()).status, 503);
  disk.behave('freeze');
  // SQLite has ended the transaction, and with it the snapshot.
  assert.equal((await newest()).status, 503);
  disk.behave('normal');
  assert.equal((await created).status, 201);
  assert.equal(
    ((await (await newest()).json()) as { users: SeenUser[] }).users[0]?.contactEmail,
    nthUser(1).contactEmail,
  );
  assert.equal(await server.stop(), 0);
});

test('a process shows what another one has committed only after it has synced it', async (t) => {
  if (skipWithoutCompiler(t)) return;
  const one = await startOnDisk(t);
  const other = await startOnDisk(t, one.databaseFile);
  const newest = async ({ server }: Running) => {
    const response = await fetch(`${server.url}/users?_sort=-userId&_perPage=1`, { headers });
    return ((await response.json()) as { users: SeenUser[] }).users[0]?.contactEmail;
  };
  assert.equal((await create(one.server, 0)).status, 201);
  assert.equal(await newest(other), nthUser(0).contactEmail);
  one.disk.behave('freeze');
  other.disk.behave('freeze');
  const created = create(one.server, 1);
  await waitFor(() => readCopy(one.databaseFile).users.length === 2, { message: 'not committed' });
  // It still knows what is on disk.
  assert.equal(await newest(one), nthUser(0).contactEmail);
  let shown: string | undefined;
  const reading = newest(other).then((contactEmail) => {
    shown = contactEmail;
  });
  await wait(300);
  assert.equal(shown, undefined);
  other.disk.behave('normal');
  await reading;
  assert.equal(shown, nthUser(1).contactEmail);
  // It can write, too, and the first process sees it.
  assert.equal((await create(other.server, 2)).status, 201);
  one.disk.behave('normal');
  assert.equal((await created).status, 201);
  assert.equal(await newest(one), nthUser(2).contactEmail);
  assert.equal(await one.server.stop(), 0);
  assert.equal(await other.server.stop(), 0);
});
