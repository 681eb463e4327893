import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { migrate } from '../src/storage/postgres/migrate.ts';
import { MIXES, type Mix, REQUESTS, type RequestKind } from './cost-kinds.ts';
import { type CostMeasure, formatCostReport, type SizeResult } from './cost-report.ts';
import { writeFigures } from './figures.ts';
import { cpuSeconds, familyCpuSeconds } from './generator/process-stat.ts';
import { describeMachine } from './machine.ts';
import { PostgresServer } from './postgres-server.ts';
import { startWithReplicas, type Target } from './targets.ts';
import { withWorkFolder } from './work-folder.ts';

/**
 * Measures what each kind of request costs on PostgreSQL, with two sizes of the database: CPU time of the service and of PostgreSQL,
 * bytes of the write-ahead log. Writes RESULTS-cost.md, from which docs/cost-model.md follows. `--quick` only checks that it works.
 */
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;

const SIZES = quick ? [1_000, 2_000] : [100_000, 1_000_000];
const TASKS_PER_USER = 10;
const BATCH = 1_000;
const CONNECTIONS = 32;
const TIMING = quick ? { warmupMs: 200, durationMs: 300 } : { warmupMs: 500, durationMs: 1_500 };
const ROUNDS = quick ? 1 : 5;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

await PostgresServer.use(async (server) => {
  const machine = await withWorkFolder(async (folder) => describeMachine(folder));
  const sizes = await server.withDatabase(async (url) => {
    await migrate(url);
    return withWorkFolder((folder) => measureSizes(url, server.pid, folder));
  });
  const report = formatCostReport({ date: new Date(), machine, connections: CONNECTIONS, rounds: ROUNDS, sizes });
  process.stdout.write(report);
  if (quick) return;
  writeFileSync(join(import.meta.dirname, 'RESULTS-cost.md'), report);
  writeFigures();
});
agent.destroy();

async function measureSizes(url: string, databasePid: number, folder: string): Promise<SizeResult[]> {
  const target = await startWithReplicas(url, [], folder);
  const results: SizeResult[] = [];
  let tasks = 0;
  for (const size of SIZES) {
    process.stderr.write(`${size} tasks\n`);
    await createTasks(target, tasks, size);
    tasks = size;
    await query(url, 'VACUUM ANALYZE');
    results.push(await measureSize(target, databasePid, url, size));
  }
  await target.server.kill();
  return results;
}

async function measureSize(target: Target, databasePid: number, url: string, tasks: number): Promise<SizeResult> {
  const bytes = Number((await query(url, 'SELECT pg_database_size(current_database())'))[0]?.[0]);
  const size: SizeResult = { tasks, bytes, kinds: {}, mixes: {} };
  const mixes: [keyof typeof MIXES, Mix][] = Object.entries(MIXES) as [keyof typeof MIXES, Mix][];
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of Object.keys(REQUESTS) as RequestKind[]) {
      const measured = await measure(target, databasePid, url, () => send(target, kind, tasks));
      size.kinds[kind] = [...(size.kinds[kind] ?? []), measured];
    }
    for (const [name, mix] of mixes) {
      const measured = await measure(target, databasePid, url, () => send(target, choose(mix), tasks));
      size.mixes[name] = [...(size.mixes[name] ?? []), measured];
    }
  }
  return size;
}

/** What a request costs, with as many in flight as there are connections. */
async function measure(
  { server }: Target,
  databasePid: number,
  url: string,
  one: () => Promise<boolean>,
): Promise<CostMeasure> {
  let isOn = true;
  let count = 0;
  const client = async () => {
    while (isOn) {
      // On a busy machine, a statement may take longer than the service allows: then it is not counted, and its ids do not exist.
      if (await one()) count++;
    }
  };
  const clients = Promise.all(Array.from({ length: CONNECTIONS }, client));
  const sample = async () => ({
    count,
    service: cpuSeconds(server.pid),
    database: familyCpuSeconds(databasePid),
    log: Number((await query(url, "SELECT pg_current_wal_insert_lsn() - '0/0'"))[0]?.[0]),
    at: performance.now(),
  });
  await Promise.race([sleep(TIMING.warmupMs), clients]);
  const before = await sample();
  await Promise.race([sleep(TIMING.durationMs), clients]);
  const after = await sample();
  isOn = false;
  await clients;
  const requests = after.count - before.count;
  return {
    serviceMicros: ((after.service - before.service) / requests) * 1e6,
    databaseMicros: ((after.database - before.database) / requests) * 1e6,
    logBytes: (after.log - before.log) / requests,
    rate: (requests / (after.at - before.at)) * 1_000,
  };
}

function choose(mix: Mix): RequestKind {
  let chance = Math.random();
  for (const [kind, share] of Object.entries(mix) as [RequestKind, number][]) {
    chance -= share;
    if (chance < 0) return kind;
  }
  return Object.keys(mix)[0] as RequestKind;
}

/** Resolves with whether it succeeded. */
async function send(target: Target, kind: RequestKind, tasks: number): Promise<boolean> {
  const random = (most: number) => 1 + Math.floor(Math.random() * most);
  const { method, path, body } = REQUESTS[kind]({ userId: random(tasks / TASKS_PER_USER), taskId: random(tasks) });
  return (await exchange(target, method, path, body)) < 300;
}

async function createTasks(target: Target, from: number, to: number): Promise<void> {
  const numbers = (first: number, last: number) => Array.from({ length: last - first }, (_, i) => first + i + 1);
  for (let first = from / TASKS_PER_USER; first < to / TASKS_PER_USER; first += BATCH) {
    const users = numbers(first, Math.min(first + BATCH, to / TASKS_PER_USER)).map((n) => ({
      ...{
        firstName: `Ada${n % 1_000}`,
        lastName: `Lovelace${n % 777}`,
        contactEmail: `ada.lovelace.${n}@example.com`,
      },
    }));
    await createAll(target, '/users/batch', { users });
  }
  for (let first = from; first < to; first += BATCH) {
    const batch = numbers(first, Math.min(first + BATCH, to)).map((n) => ({
      ...{ userId: 1 + ((n * 7_919) % (to / TASKS_PER_USER)), taskTitle: `Review number ${n}`, warningOffset: 60 },
      taskStatus: n % 4 === 0 ? 'COMPLETED' : 'IN_PROGRESS',
      dueDate: new Date(Date.UTC(2030, 0, 1) + ((n * 7_919) % 525_600) * 60_000).toISOString(),
    }));
    await createAll(target, '/tasks/batch', { tasks: batch });
  }
}

async function createAll(target: Target, path: string, body: object): Promise<void> {
  while ((await exchange(target, 'POST', path, body)) === 503) await sleep(1_000);
}

function exchange({ server, token }: Target, method: string, path: string, body?: object): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(text !== undefined && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port: server.port, host: '127.0.0.1', method, path, headers }, (response) => {
      let received = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk;
      });
      response.on('error', reject).on('end', () => {
        const status = response.statusCode ?? 500;
        if (status < 300 || status === 503 || status === 404) resolve(status);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${received.slice(0, 500)}`));
      });
    });
    sent.on('error', reject).end(text);
  });
}

async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}
