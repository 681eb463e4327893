import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../support/cli.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { requestLabels, sampleOf, scrape } from './scrape.ts';

const COUNT = 'http_server_request_duration_seconds_count';
/** Each has its own connection, and the connections are spread over the workers. */
const CLIENTS = 16;

interface Service {
  server: ServerProcess;
  /** Sends that many requests: of ten, six reads, three creations and one that no route matches. */
  send: (count: number) => Promise<void>;
  /** The counts of these requests at the moment, by kind. */
  counts: () => Promise<number[]>;
}

async function startWorkers(t: TestContext, workers: number, databaseUrl: string): Promise<Service> {
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--plan', 'unlimited'];
  const { stdout } = await runCli(create, { DATABASE_URL: databaseUrl });
  const args = ['--host', '127.0.0.1', '--workers', String(workers), '--metrics-port', '0'];
  const server = await startServer({ databaseUrl, command: 'serve', args, ready: 'all workers are listening' });
  const agents = Array.from({ length: CLIENTS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.after(() => {
    for (const agent of agents) agent.destroy();
    server.process.kill('SIGKILL');
  });
  assert.equal(server.log.filter(({ msg }) => msg === 'metrics are served').length, 1);
  const headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' };
  let sent = 0;
  const call = async (agent: Agent) => {
    const number = sent++;
    const kind = number % 10 < 6 ? 'read' : number % 10 < 9 ? 'create' : 'unknown';
    const body = { firstName: 'Ada', lastName: 'Lovelace', contactEmail: `user${number}@example.com` };
    const [method, path, status] = {
      read: ['GET', '/users', 200],
      create: ['POST', '/users', 201],
      unknown: ['GET', '/no', 404],
    }[kind] as [string, string, number];
    const sending = request(server.url + path, { method, headers, agent });
    sending.end(kind === 'create' ? JSON.stringify(body) : undefined);
    const [response] = await once(sending, 'response');
    await text(response);
    assert.equal(response.statusCode, status);
  };
  const send = async (count: number) => {
    const end = sent + count;
    const clients = agents.map(async (agent) => {
      while (sent < end) await call(agent);
    });
    await Promise.all(clients);
  };
  const counts = async () => {
    const metrics = await scrape(server);
    const kinds = [
      requestLabels('GET', '/users', 200),
      requestLabels('POST', '/users', 201),
      requestLabels('GET', '', 404),
    ];
    return kinds.map((labels) => sampleOf(metrics, COUNT, ...labels) ?? 0);
  };
  return { server, send, counts };
}

/** A request is counted just after its response was sent. */
async function assertCounts({ counts }: Service, expected: number[]): Promise<void> {
  let latest: number[] = [];
  const isExpected = async () => {
    latest = await counts();
    return latest.join() === expected.join();
  };
  await waitFor(isExpected, { message: 'the sums are wrong' }).catch(() => assert.deepEqual(latest, expected));
  for (let i = 0; i < 3; i++) assert.deepEqual(await counts(), expected);
}

const pidsOf = (log: Record<string, unknown>[]) => [
  ...new Set(log.filter(({ msg }) => msg === 'request').map(({ pid }) => pid as number)),
];

test('the metrics of four workers add up to the requests sent, while they are sent and when a worker was killed', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const service = await startWorkers(t, 4, `file:${file}`);
  const { server, send, counts } = service;
  const total = (numbers: number[]) => numbers.reduce((sum, count) => sum + count, 0);

  let sending = true;
  const sent = send(3_000).finally(() => {
    sending = false;
  });
  let before = 0;
  while (sending) {
    const now = total(await counts());
    assert.ok(now >= before && now <= 3_000, `${before} requests, then ${now}`);
    before = now;
    await sleep(100);
  }
  await sent;
  await assertCounts(service, [1_800, 900, 300]);
  assert.equal(pidsOf(server.log).length, 4, 'a worker handled no request');

  // What it counted before the last scrape stays in the sums.
  process.kill(pidsOf(server.log)[0] as number, 'SIGKILL');
  await waitFor(() => server.log.some(({ msg }) => msg === 'worker exited; restarting'), {
    message: 'it is not noticed',
  });
  await assertCounts(service, [1_800, 900, 300]);
  const listening = () => server.log.filter(({ msg }) => msg === 'listening').length;
  await waitFor(() => listening() === 5, { message: 'the worker is not replaced', timeoutMs: 60_000 });
  await send(1_000);
  await assertCounts(service, [2_400, 1_200, 400]);
  assert.equal(sampleOf(await scrape(server), 'task_api_worker_exits_total'), 1);

  assert.equal(sampleOf(await scrape(server), 'task_api_database_up'), 1);
  renameSync(file, `${file}.moved`);
  await waitFor(async () => sampleOf(await scrape(server), 'task_api_database_up') === 0, {
    message: 'the missing file is not reported',
  });
  assert.equal(sampleOf(await scrape(server), 'task_api_emails_pending'), Number.NaN);
  renameSync(`${file}.moved`, file);
  assert.equal(await server.stop(), 0);
});

test('the metrics of two workers on PostgreSQL add up to the requests sent', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const service = await startWorkers(t, 2, await testDatabase(t));
  await service.send(500);
  await assertCounts(service, [300, 150, 50]);
  assert.equal(await service.server.stop(), 0);
});
