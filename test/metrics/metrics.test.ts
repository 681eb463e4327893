import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DEVELOPMENT_TOKEN as DEV_TOKEN } from '../../src/auth/token-verifier.ts';
import { runCli } from '../support/cli.ts';
import { JOHN } from '../support/examples.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const METRICS = ['--metrics-port', '0'];

async function startDev(t: TestContext, args: string[]): Promise<ServerProcess> {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db'), args });
  t.after(() => server.process.kill('SIGKILL'));
  return server;
}

async function scrape(server: ServerProcess): Promise<string> {
  const port = server.log.find(({ msg }) => msg === 'metrics are served')?.port;
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The value of a sample whose labels contain these; undefined if there is none. */
function sampleOf(text: string, name: string, ...labels: string[]): number | undefined {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  const line = lines.find((one) => labels.every((label) => one.includes(label)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

function namesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
}

/** The names in the tables of docs/metrics.md. */
function documentedNames(): string[] {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');
  return [...page.matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name = '']) => name);
}

/** The names that are the service's own, and not those of Node.js and the process. */
function ownNames(text: string): string[] {
  return namesOf(text).filter((name) => !/^(nodejs|process)_/.test(name));
}

function send(server: ServerProcess, method: string, path: string, token: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(server.url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
}

test('GET /metrics counts requests by route, method and status, without ids', async (t) => {
  const server = await startDev(t, METRICS);
  const created = await send(server, 'POST', '/users', DEV_TOKEN, JOHN);
  assert.equal(created.status, 201);
  const { userId } = (await created.json()) as { userId: number };
  for (let i = 0; i < 3; i++) await (await send(server, 'GET', `/users/${userId}`, DEV_TOKEN)).text();
  await (await send(server, 'GET', '/no-such-route-4711', DEV_TOKEN)).text();
  await (await send(server, 'GET', '/users/1', 'wrong')).text();
  const text = await scrape(server);
  const count = 'http_server_request_duration_seconds_count';
  const labels = (method: string, route: string, status: number) => [
    `http_request_method="${method}"`,
    `http_route="${route}"`,
    `http_response_status_code="${status}"`,
  ];
  assert.equal(sampleOf(text, count, ...labels('POST', '/users', 201)), 1);
  assert.equal(sampleOf(text, count, ...labels('GET', '/users/:userId', 200)), 3);
  assert.equal(sampleOf(text, count, ...labels('GET', '/users/:userId', 401)), 1);
  const bucket = 'http_server_request_duration_seconds_bucket';
  assert.equal(sampleOf(text, bucket, 'le="+Inf"', ...labels('GET', '/users/:userId', 200)), 3);
  assert.ok((sampleOf(text, 'task_api_commit_writes_sum') ?? 0) >= 1);
  assert.ok((sampleOf(text, 'task_api_sync_duration_seconds_count') ?? 0) >= 1);
  assert.ok((sampleOf(text, 'task_api_wal_bytes') ?? 0) > 0);
  assert.equal(sampleOf(text, 'task_api_emails_pending'), 0);
  assert.doesNotMatch(text, /4711|John|@/);
  assert.equal(await server.stop(), 0);
});

test('docs/metrics.md lists exactly the metrics of SQLite and PostgreSQL', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const sqlite = await startDev(t, METRICS);
  const postgres = await startServer({ databaseUrl: await testDatabase(t), args: METRICS });
  t.after(() => postgres.process.kill('SIGKILL'));
  const texts = await Promise.all([scrape(sqlite), scrape(postgres)]);
  const names = new Set([...texts.flatMap(ownNames), 'nodejs_eventloop_lag_p99_seconds']);
  assert.deepEqual(documentedNames().sort(), [...names].sort());
  assert.ok(namesOf(texts[0]).includes('nodejs_eventloop_lag_p99_seconds'));
});

test('the metrics of two workers on PostgreSQL add up to the requests sent', async (t) => {
  if (skipWithoutPostgres(t)) return;
  await assertWorkersAddUp(t, await testDatabase(t));
});

test('the metrics of two workers on SQLite add up to the requests sent', async (t) => {
  await assertWorkersAddUp(t, `file:${join(tempFolder(t), 'test.db')}`);
});

async function assertWorkersAddUp(t: TestContext, databaseUrl: string): Promise<void> {
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--plan', 'unlimited'];
  const { stdout } = await runCli(create, { DATABASE_URL: databaseUrl });
  const args = ['--host', '127.0.0.1', '--workers', '2', ...METRICS];
  const server = await startServer({ databaseUrl, command: 'serve', args, ready: 'all workers are listening' });
  t.after(() => server.process.kill('SIGKILL'));
  assert.equal(server.log.filter(({ msg }) => msg === 'metrics are served').length, 1);
  const requests = 200;
  // A connection each, so that both workers get some.
  const headers = { authorization: `Bearer ${stdout.trim()}`, connection: 'close' };
  for (let i = 0; i < requests; i += 20) {
    const batch = Array.from({ length: 20 }, () => fetch(`${server.url}/users`, { headers }).then((one) => one.text()));
    await Promise.all(batch);
  }
  const pids = () => server.log.filter(({ msg }) => msg === 'request').map(({ pid }) => pid);
  await waitFor(() => pids().length === requests, { message: 'not every request is in the log' });
  assert.equal(new Set(pids()).size, 2, 'one worker handled every request');
  for (let i = 0; i < 3; i++) {
    const count = sampleOf(await scrape(server), 'http_server_request_duration_seconds_count', 'http_route="/users"');
    assert.equal(count, requests);
  }
  assert.equal(await server.stop(), 0);
}

test('without METRICS_PORT, the server listens on the addresses of the API only', async (t) => {
  const ports = ({ process: { pid } }: ServerProcess) => {
    const inodes = readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      } catch {
        return undefined;
      }
    });
    const LISTENING = '0A';
    const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n'));
    const own = rows.map((row) => row.trim().split(/\s+/)).filter((c) => c[3] === LISTENING && inodes.includes(c[9]));
    return new Set(own.map(([, address = '']) => address.split(':')[1])).size;
  };
  if (process.platform !== 'linux') return t.skip('reads /proc');
  const [off, on] = await Promise.all([startDev(t, []), startDev(t, METRICS)]);
  assert.deepEqual([ports(off), ports(on)], [1, 2]);
});
