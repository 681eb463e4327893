import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type TestContext, test as testOnSqlite } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type TestApp, testApp } from '../support/app.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import { JOHN } from '../support/examples.ts';
import { createTasks, hasSnapshot, LINES, openStream } from '../support/list-stream.ts';
import { waitFor } from '../support/wait-for.ts';

/** More than fits into the buffers of a connection: 28 MB. */
const COUNT = 24_000;

interface Listening extends TestApp {
  url: string;
  text: string;
  tokenId: number;
  sockets: Socket[];
}

async function listening(t: TestContext): Promise<Listening> {
  const tested = await testApp(t);
  await createTasks(tested, COUNT);
  const sockets: Socket[] = [];
  tested.app.server.on('connection', (socket: Socket) => sockets.push(socket));
  const url = await tested.app.listen({ host: '127.0.0.1', port: 0 });
  const text = await tested.token({ scopes: ['users:read', 'tasks:read'] });
  return { ...tested, url, text, tokenId: Number(text.split('_')[1]), sockets };
}

/** A client that requests all tasks and reads nothing. */
function stalledClient(t: TestContext, { url, text }: Listening, version = '1.1'): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write(
    `GET /tasks HTTP/${version}\r\nHost: localhost\r\nAuthorization: Bearer ${text}\r\nAccept: ${LINES}\r\n\r\n`,
  );
  return socket;
}

/** Waits until the server has sent what fits into the buffers of its only connection, and returns how much that is. */
async function sentBytes({ sockets }: Listening): Promise<number> {
  let before = -1;
  const bytes = () => sockets[0]?.bytesWritten ?? 0;
  await waitFor(
    async () => {
      before = bytes();
      await sleep(300);
      return before > 0 && bytes() === before;
    },
    { message: 'the server does not stop to send' },
  );
  return before;
}

function endOf({ log }: TestApp): unknown {
  return log.find(({ msg }) => String(msg).startsWith('list stream'))?.msg;
}

testOnBothDatabases('a stream shows one moment, whatever is written meanwhile', async (t) => {
  const tested = await listening(t);
  const { url, text, post, patch, request } = tested;
  const stream = await openStream(`${url}/tasks`, text);
  assert.equal((await patch(`/tasks/${COUNT}`, { taskTitle: 'Changed' })).statusCode, 200);
  assert.equal((await request({ method: 'DELETE', url: `/tasks/${COUNT - 1}` })).statusCode, 204);
  const task = { userId: 1, taskTitle: 'New', dueDate: '2026-06-30T17:00:00Z', warningOffset: 0 };
  assert.equal((await post('/tasks', task)).statusCode, 201);
  assert.equal(await hasSnapshot(tested), true);
  const lines = await stream.rest();
  assert.equal(lines.length, COUNT);
  assert.deepEqual(
    lines.slice(-2).map(({ taskId }) => taskId),
    [COUNT - 1, COUNT],
  );
  assert.ok(lines.every(({ taskTitle }) => /^Task \d+$/.test(String(taskTitle))));
  await waitFor(async () => !(await hasSnapshot(tested)), { message: 'the snapshot stays open' });
  assert.equal(endOf(tested), undefined);
});

testOnBothDatabases(
  'a user who is deleted while a stream is open is in that stream, but in no later one',
  async (t) => {
    const { url, text, request } = await listening(t);
    const stream = await openStream(`${url}/tasks`, text);
    assert.equal((await request({ method: 'DELETE', url: '/users/1' })).statusCode, 204);
    assert.equal((await request({ url: '/tasks', headers: { accept: LINES } })).payload, '');
    assert.equal((await stream.rest()).length, COUNT);
  },
);

testOnBothDatabases(
  'a client that reads slowly stops the reading, and after 30 seconds loses its connection',
  async (t) => {
    const tested = await listening(t);
    const { clock, post, request, tokenId, app } = tested;
    const client = stalledClient(t, tested);
    const sent = await sentBytes(tested);
    assert.ok(sent < 20_000_000, `${sent} bytes were read`);
    const others = await Promise.all([
      post('/users', { ...JOHN, contactEmail: 'o@example.com' }),
      request({ url: '/tasks' }),
    ]);
    assert.deepEqual(
      others.map(({ statusCode }) => statusCode),
      [201, 200],
    );
    await sleep(1_200);
    clock.now += 29_000;
    await sleep(1_200);
    assert.equal(endOf(tested), undefined);
    assert.equal(await hasSnapshot(tested), true);
    clock.now += 1_000;
    await waitFor(() => endOf(tested), { message: 'the stream does not end' });
    assert.equal(endOf(tested), 'list stream ended: the client does not read');
    assert.equal(tested.log.find(({ msg }) => msg === endOf(tested))?.tokenId, tokenId);
    await waitFor(async () => !(await hasSnapshot(tested)), { message: 'the snapshot stays open' });
    client.destroy();
    assert.equal(app.server.listening, true);
  },
);

testOnBothDatabases('a stream ends after 15 minutes', async (t) => {
  const tested = await listening(t);
  const stream = await openStream(`${tested.url}/tasks`, tested.text);
  tested.clock.now += 15 * 60_000;
  await waitFor(() => endOf(tested), { message: 'the stream does not end' });
  assert.match(String(endOf(tested)), /^list stream ended: (?:it took too long|the client does not read)$/);
  await assert.rejects(stream.rest());
});

testOnBothDatabases('a token has two streams at a time; the next one waits until a client leaves', async (t) => {
  const tested = await listening(t);
  const { url, text } = tested;
  const streams = [await openStream(`${url}/tasks`, text), await openStream(`${url}/tasks`, text)];
  let opened = 0;
  const open = async () => {
    const stream = await openStream(`${url}/tasks?_sort=dueDate`, text);
    opened++;
    return stream;
  };
  const third = open();
  await sleep(500);
  assert.equal(opened, 0);
  // A short list is no long list.
  const short = await fetch(`${url}/users`, { headers: { authorization: `Bearer ${text}`, accept: LINES } });
  assert.equal((await short.text()).split('\n').length, 2);
  streams[0]?.leave();
  await waitFor(() => endOf(tested), { message: 'the end is not logged' });
  assert.equal(endOf(tested), 'list stream ended: the client disconnected');
  streams.push(await third);
  for (const { leave } of streams) leave();
  await waitFor(async () => !(await hasSnapshot(tested)), { message: 'the snapshot stays open' });
  const [a, b] = [await openStream(`${url}/tasks`, text), await openStream(`${url}/tasks`, text)];
  assert.equal((await a.rest()).length, COUNT);
  assert.equal((await b.rest()).length, COUNT);
});

for (const version of ['1.0', '1.1']) {
  testOnBothDatabases(
    `an HTTP/${version} client detects that its stream was ended, because its token was revoked`,
    async (t) => {
      const tested = await listening(t);
      const client = stalledClient(t, tested, version);
      await sentBytes(tested);
      await tested.store.tokens.revoke(tested.tokenId, ACTOR);
      tested.clock.now += 500;
      await waitFor(() => endOf(tested), { message: 'the stream does not end' });
      assert.equal(endOf(tested), 'list stream ended: the token or its permissions changed');
      const outcome = await new Promise((resolve) => {
        client.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
        client.on('end', () => resolve('end'));
        client.resume();
      });
      assert.equal(outcome, 'ECONNRESET');
    },
  );
}

testOnBothDatabases('a stream ends when the service stops', async (t) => {
  const tested = await listening(t);
  const stream = await openStream(`${tested.url}/tasks`, tested.text);
  await tested.app.close();
  await assert.rejects(stream.rest());
  await waitFor(() => endOf(tested), { message: 'the end is not logged' });
  assert.equal(endOf(tested), 'list stream ended: the service stops');
  await waitFor(async () => !(await hasSnapshot(tested)), { message: 'the snapshot stays open' });
});

testOnBothDatabases('an error of the database ends the stream, and is logged', async (t) => {
  const tested = await listening(t);
  assert.equal(await hasSnapshot(tested), false, 'the write-ahead log is empty');
  const stream = await openStream(`${tested.url}/tasks`, tested.text);
  const repair = await breakDatabase(t, tested);
  try {
    await assert.rejects(stream.rest());
  } finally {
    repair();
  }
  assert.deepEqual(
    tested.log.map(({ msg }) => msg).filter((msg) => String(msg).startsWith('list stream')),
    ['list stream failed'],
  );
});

/** Makes the database fail for the open stream. Returns a function that repairs it. */
async function breakDatabase(t: TestContext, { file, databaseUrl }: TestApp): Promise<() => void> {
  if (engineOf(t) === 'postgres') {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
         AND pid <> pg_backend_pid() AND xact_start IS NOT NULL`,
    );
    await client.end();
    return () => undefined;
  }
  const handle = openSync(file, 'r+');
  const size = 8 * 1024 * 1024;
  const [start, pages] = [4096 * 2000, Buffer.alloc(size)];
  readSync(handle, pages, 0, size, start);
  writeSync(handle, Buffer.alloc(size), 0, size, start);
  return () => {
    writeSync(handle, pages, 0, size, start);
    closeSync(handle);
  };
}

testOnSqlite('SQLite: a client that disconnects during a long sort ends it', async (t) => {
  const tested = await listening(t);
  const { url, text } = tested;
  const client = new AbortController();
  const headers = { authorization: `Bearer ${text}`, accept: LINES };
  const sorted = fetch(`${url}/tasks?_sort=taskTitle,-warningOffset`, { headers, signal: client.signal });
  await sleep(20);
  client.abort();
  await assert.rejects(sorted);
  await tested.post('/users', { ...JOHN, contactEmail: 'later@example.com' });
  await waitFor(async () => !(await hasSnapshot(tested)), { message: 'the snapshot stays open' });
});
