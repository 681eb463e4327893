import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Client } from '../durability/client.ts';
import { runCli } from '../support/cli.ts';
import { JOHN } from '../support/examples.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';

const WORKERS = 4;

/** The service with four workers, and a token for it. */
async function startWorkers(t: TestContext): Promise<{ server: ServerProcess; token: string }> {
  const databaseUrl = await testDatabase(t);
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--plan', 'unlimited'];
  const { stdout } = await runCli(create, { DATABASE_URL: databaseUrl });
  const args = ['--host', '127.0.0.1', '--workers', String(WORKERS)];
  const server = await startServer({ databaseUrl, command: 'serve', args, ready: 'all workers are listening' });
  t.after(() => server.process.kill('SIGKILL'));
  return { server, token: stdout.trim() };
}

function pidsThat(server: ServerProcess, msg: string): unknown[] {
  return server.log.filter((line) => line.msg === msg).map(({ pid }) => pid);
}

test('four processes, 1,000 simultaneous creates of one address: one 201, 999 times 400', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { server, token } = await startWorkers(t);
  const client = new Client(server.url, 1000, token);
  t.after(() => client.close());
  const responses = await Promise.all(Array.from({ length: 1000 }, () => client.createUser(JOHN)));
  assert.equal(responses.filter(({ status }) => status === 201).length, 1);
  assert.equal(responses.filter(({ status }) => status === 400).length, 999);
  const busy = new Set(pidsThat(server, 'request'));
  assert.equal(await server.stop(), 0);
  assert.ok(busy.size > 1, 'one process handled every request');
});

test('a killed worker is replaced, and a signal stops all workers', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const { server, token } = await startWorkers(t);
  const [first] = pidsThat(server, 'listening') as number[];
  process.kill(first as number, 'SIGKILL');
  await waitFor(() => pidsThat(server, 'listening').length > WORKERS, { message: 'the worker is not replaced' });
  assert.equal(pidsThat(server, 'worker exited; restarting').length, 1);
  const response = await fetch(`${server.url}/users`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  assert.equal(await server.stop(), 0);
  assert.equal(pidsThat(server, 'stopped').length, WORKERS);
});

test('a port in use stops the start of all workers and is reported', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const DATABASE_URL = await testDatabase(t);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const args = ['serve', '--workers', '2', '--host', '127.0.0.1', '--port', String(port)];
  const { code, stderr } = await runCli(args, { DATABASE_URL });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`port ${port} is already in use; `));
  assert.match(stderr, /a worker did not start/);
});
