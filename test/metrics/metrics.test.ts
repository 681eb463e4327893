import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DEVELOPMENT_TOKEN as DEV_TOKEN } from '../../src/auth/token-verifier.ts';
import { MetricsOfWorkers } from '../../src/metrics/workers.ts';
import { JOHN } from '../support/examples.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { documentedNames, namesOf, requestLabels, sampleOf, scrape } from './scrape.ts';

const METRICS = ['--metrics-port', '0'];

async function startDev(t: TestContext, args: string[]): Promise<ServerProcess> {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db'), args });
  t.after(() => server.process.kill('SIGKILL'));
  return server;
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
  assert.equal(sampleOf(text, count, ...requestLabels('POST', '/users', 201)), 1);
  assert.equal(sampleOf(text, count, ...requestLabels('GET', '/users/:userId', 200)), 3);
  assert.equal(sampleOf(text, count, ...requestLabels('GET', '/users/:userId', 401)), 1);
  const bucket = 'http_server_request_duration_seconds_bucket';
  assert.equal(sampleOf(text, bucket, 'le="+Inf"', ...requestLabels('GET', '/users/:userId', 200)), 3);
  assert.ok((sampleOf(text, 'task_api_commit_writes_sum') ?? 0) >= 1);
  assert.ok((sampleOf(text, 'task_api_sync_duration_seconds_count') ?? 0) >= 1);
  assert.ok((sampleOf(text, 'task_api_wal_bytes') ?? 0) > 0);
  assert.equal(sampleOf(text, 'task_api_emails_pending'), 0);
  // Only labels: a duration may have the same digits.
  assert.doesNotMatch(text, /="[^"]*(4711|John|@)/);
  assert.equal(await server.stop(), 0);
});

test('docs/metrics.md lists exactly the metrics of SQLite and PostgreSQL', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const sqlite = await startDev(t, METRICS);
  const databaseUrl = await testDatabase(t);
  const postgres = await startServer({ databaseUrl, args: [...METRICS, '--database-read-url', databaseUrl] });
  t.after(() => postgres.process.kill('SIGKILL'));
  const texts = await Promise.all([scrape(sqlite), scrape(postgres), new MetricsOfWorkers().render()]);
  const names = new Set([...texts.flatMap(ownNames), 'nodejs_eventloop_lag_p99_seconds']);
  assert.deepEqual(documentedNames().sort(), [...names].sort());
  assert.ok(namesOf(texts[0]).includes('nodejs_eventloop_lag_p99_seconds'));
});

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
