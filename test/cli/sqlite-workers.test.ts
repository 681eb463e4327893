import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '../durability/client.ts';
import { nthUser } from '../durability/nth-user.ts';
import { runCli } from '../support/cli.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../webhooks/receiver.ts';

const WORKERS = 2;
/** Connections are given to the workers in turn. */
const CONNECTIONS = 16;

interface Service {
  server: ServerProcess;
  token: string;
  client: Client;
  /** The processes that have logged this. */
  pids: (msg: string) => number[];
}

/** The service with two workers on one SQLite file. */
async function startWorkers(t: TestContext, plan = 'unlimited'): Promise<Service> {
  const databaseFile = join(tempFolder(t), 'test.db');
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--plan', plan];
  const { stdout } = await runCli(create, { DATABASE_URL: `file:${databaseFile}` });
  const token = stdout.trim();
  const key = Buffer.alloc(32, 9).toString('base64');
  const server = await startServer({
    databaseFile,
    command: 'serve',
    args: ['--host', '127.0.0.1', '--workers', String(WORKERS), '--secret-key', key, '--webhook-allow-private', 'true'],
    ready: 'all workers are listening',
  });
  t.after(() => server.process.kill('SIGKILL'));
  const client = new Client(server.url, CONNECTIONS, token);
  t.after(() => client.close());
  const pids = (msg: string) => server.log.filter((line) => line.msg === msg).map(({ pid }) => pid as number);
  return { server, token, client, pids };
}

function userIdOf({ body }: { body: unknown }): number {
  return (body as { userId: number }).userId;
}

async function send({ server, token }: Service, path: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(response.status, 201, await response.clone().text());
  return response.json();
}

test('two workers on one file: an address is unique, and what one has created the other reads at once', async (t) => {
  const { server, client, pids } = await startWorkers(t);
  const create = async (n: number) => {
    const created = await client.createUser(nthUser(n));
    if (created.status !== 201) return created.status;
    // Over several connections, and so from both workers.
    const reads = await Promise.all(Array.from({ length: 4 }, () => client.getUser(userIdOf(created))));
    assert.deepEqual(
      reads.map(({ status, body }) => ({ status, body })),
      Array.from({ length: 4 }, () => ({ status: 200, body: created.body })),
    );
    return created.status;
  };
  const statuses = await Promise.all(Array.from({ length: 600 }, (_, i) => create(i >> 1)));
  assert.deepEqual(statuses.sort(), [...Array(300).fill(201), ...Array(300).fill(400)]);
  assert.equal(new Set(pids('request')).size, WORKERS);
  assert.equal(await server.stop(), 0);
});

test('a worker that is killed under load loses nothing acknowledged, and the other goes on', async (t) => {
  const { server, client, pids } = await startWorkers(t);
  const acknowledged = new Map<number, string>();
  let next = 0;
  let stopped = false;
  const keepCreating = async () => {
    while (!stopped) {
      const user = nthUser(next++);
      // Requests to the killed worker fail.
      const created = await client.createUser(user).catch(() => undefined);
      if (created === undefined) continue;
      assert.equal(created.status, 201);
      acknowledged.set(userIdOf(created), user.contactEmail);
    }
  };
  const creating = Promise.all(Array.from({ length: CONNECTIONS }, keepCreating));
  await waitFor(() => acknowledged.size > 300, { message: 'nothing is created' });
  const [killed] = pids('listening') as [number];
  process.kill(killed, 'SIGKILL');
  const atKill = acknowledged.size;
  await waitFor(() => acknowledged.size > atKill + 300, { message: 'the other worker does not go on' });
  assert.equal(pids('listening').length, WORKERS, 'the killed worker was replaced before');
  stopped = true;
  await creating;
  await waitFor(() => pids('listening').length > WORKERS, { message: 'the worker is not replaced' });
  const check = async ([userId, contactEmail]: [number, string]) => {
    const { status, body } = await client.getUser(userId);
    assert.deepEqual([status, (body as { contactEmail: string }).contactEmail], [200, contactEmail]);
  };
  await Promise.all([...acknowledged].map(check));
  t.diagnostic(`${acknowledged.size} users were acknowledged`);
  assert.equal(await server.stop(), 0);
});

test('two workers count the requests of a token together, without Redis', async (t) => {
  const { server, token, pids } = await startWorkers(t, 'basic');
  const get = () => fetch(`${server.url}/users`, { headers: { authorization: `Bearer ${token}` } });
  const responses = await Promise.all(Array.from({ length: 200 }, get));
  const allowed = responses.filter(({ status }) => status === 200);
  assert.deepEqual(
    allowed.map(({ headers }) => Number(headers.get('x-ratelimit-remaining'))).sort((a, b) => b - a),
    Array.from({ length: 60 }, (_, i) => 59 - i),
  );
  const rejected = responses.filter(({ status }) => status === 429);
  assert.equal(rejected.length, 140);
  assert.ok(rejected.every(({ headers }) => headers.get('x-ratelimit-remaining') === '0'));
  assert.equal(new Set(responses.map(({ headers }) => headers.get('x-ratelimit-reset'))).size, 1);
  await waitFor(() => pids('request').length === 200, { message: 'the log lacks requests' });
  assert.equal(new Set(pids('request')).size, WORKERS);
  assert.equal(await server.stop(), 0);
});

test('two workers send each webhook once, and record each reminder once', async (t) => {
  const service = await startWorkers(t);
  const { url, received } = await startReceiver(t, (_, response) => {
    response.writeHead(204).end();
    return undefined;
  });
  await send(service, '/webhooks', { url, events: ['user.created', 'task.reminder'] });
  const ids = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => userIdOf({ body: await send(service, '/users', nthUser(i)) })),
  );
  // Soon, but after all tasks are created.
  const dueDate = new Date(Date.now() + 2_000).toISOString();
  const task = { taskTitle: 'A', dueDate, warningOffset: 0 };
  await Promise.all(ids.map((userId) => send(service, '/tasks', { ...task, userId })));
  await waitFor(() => received.length >= 80, { timeoutMs: 30_000, message: 'some events are never sent' });
  // A second look of each worker would send a duplicate.
  await wait(1_200);
  const sequences = received.map(({ event }) => event.sequence);
  assert.equal(sequences.length, 80);
  assert.equal(new Set(sequences).size, 80);
  assert.equal(await service.server.stop(), 0);
});
