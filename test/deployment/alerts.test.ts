import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ROOT } from '../docs/clone.ts';
import { type MeasuredService, startMeasured } from '../metrics/measured-service.ts';
import { metricsUrl } from '../metrics/scrape.ts';
import { findFreePort } from '../support/free-port.ts';
import { emptyDatabase, run, skipWithoutPostgres } from '../support/postgres.ts';
import { type Prometheus, skipWithoutPrometheus, startPrometheus } from '../support/prometheus.ts';
import { MAIN, type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { dashboardQueries, readDashboard } from './dashboard.ts';

const RULES = readFileSync(join(ROOT, 'ops', 'alerts.yaml'), 'utf8');
const ALERTS = [...RULES.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name);

/** On a busy machine, these may fire without a cause. */
const DEPENDS_ON_LOAD = ['TaskApiDown', 'TaskApiEventLoopDelayed', 'TaskApiWritesSlow'];

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const instanceOf = (server: ServerProcess) => new URL(metricsUrl(server)).host;

/** Waits for an alert of one instance, and records that it fired. */
type Fires = (alert: string, meanwhile?: () => unknown) => Promise<void>;

/** Locks a table of PostgreSQL in another connection, meanwhile. In the mode `EXCLUSIVE`, it can be read, but not written. */
async function whileLocked(databaseUrl: string, mode: string, table: string, use: () => Promise<void>): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
    await use();
  } finally {
    await client.end();
  }
}

async function causeOnPostgres(service: MeasuredService, databaseUrl: string, fires: Fires): Promise<void> {
  const { clock, server, smtp, receiver, send, succeed, createUser, createTask, until } = service;
  await fires('TaskApiReplicaLeftOut');
  const userId = await createUser();
  receiver.status = 500;
  smtp.rejection = { command: 'DATA', status: 451 };
  await succeed('POST', '/webhooks', { url: receiver.url, events: ['user.created'] });
  await fires('TaskApiEmailsFailing', () => createTask(0));
  await fires('TaskApiWebhooksFailing', createUser);

  // What is due cannot be recorded or claimed. One table at a time, so that no transaction of the service has locked another.
  await createTask(10);
  for (const [table, alert] of [
    ['tasks', 'TaskApiRemindersLate'],
    ['emails', 'TaskApiEmailsLate'],
    ['webhook_deliveries', 'TaskApiWebhooksLate'],
  ] as const) {
    await whileLocked(databaseUrl, 'EXCLUSIVE', table, async () => {
      clock.advance(server, 30 * MINUTE_MS);
      await fires(alert);
    });
  }
  await whileLocked(databaseUrl, 'EXCLUSIVE', 'consumers', async () => {
    const sql = `INSERT INTO changes (at, type, actor, user_id, new_values)
      SELECT ${Date.now()}, 'task.reminder', 'reminders', ${userId}, '{}' FROM generate_series(1, 10001)`;
    await run(databaseUrl, sql);
    await fires('TaskApiConsumerBehind');
  });

  await createTask(10);
  await whileLocked(databaseUrl, 'EXCLUSIVE', 'tasks', async () => {
    clock.advance(server, 2 * DAY_MS);
    await until((seconds) => seconds > DAY_MS / 1000, 'task_api_reminders_delay_seconds');
  });
  await fires('TaskApiRemindersDropped');

  // Below the two seconds after which a statement is cancelled.
  const slowly = () => whileLocked(databaseUrl, 'EXCLUSIVE', 'users', () => sleep(1_300));
  await fires('TaskApiWritesSlow', () => Promise.all([slowly(), sleep(100).then(createUser)]));
  await whileLocked(databaseUrl, 'ACCESS EXCLUSIVE', 'users', async () => {
    const read = () => Promise.all(Array.from({ length: 30 }, () => send('GET', `/users/${userId}`)));
    const stop = new AbortController();
    const reading = (async () => {
      while (!stop.signal.aborted) await read();
    })();
    await fires('TaskApiPostgresConnectionsInUse');
    await fires('TaskApiErrors');
    stop.abort();
    await reading;
  });
}

async function causeOnSqlite(service: MeasuredService, file: string, fires: Fires): Promise<void> {
  const { clock, server, succeed, send, createUser } = service;
  // No alert, but the dashboard shows it.
  const { token } = await succeed('POST', '/tokens', { name: 'tiny', scopes: ['users:read'], plan: 'tiny' });
  for (let i = 0; i < 5; i++) await send('GET', '/users', undefined, token);
  clock.advance(server, 2 * DAY_MS);
  await fires('TaskApiBackupOld');
  const stopAndContinue = async () => {
    server.process.kill('SIGSTOP');
    await sleep(800);
    server.process.kill('SIGCONT');
  };
  await fires('TaskApiEventLoopDelayed', stopAndContinue);

  // Another program has a long transaction, so the log cannot start again.
  const [reader, writer] = [new DatabaseSync(file), new DatabaseSync(file)];
  reader.exec('BEGIN; SELECT count(*) FROM users');
  writer.exec('CREATE TABLE large (content); INSERT INTO large VALUES (zeroblob(210000000))');
  await fires('TaskApiWalLarge', createUser);
  for (const db of [reader, writer]) db.close();

  renameSync(file, `${file}.moved`);
  await fires('TaskApiDatabaseUnavailable');
}

/** A server that a test kills and starts again with the same ports. */
class RestartedServer {
  readonly #args: string[];
  #child: ChildProcess | undefined;
  readonly address: string;
  /** The address of its metrics. */
  readonly instance: string;

  constructor(databaseFile: string, ports: number[]) {
    const [port, metricsPort] = ports;
    this.#args = ['serve', '--port', String(port), '--metrics-port', String(metricsPort)];
    this.#args.push('--database-url', `file:${databaseFile}`);
    this.address = `127.0.0.1:${port}`;
    this.instance = `127.0.0.1:${metricsPort}`;
  }

  async start(): Promise<void> {
    // The log is lost.
    const full = openSync('/dev/full', 'w');
    this.#child = spawn(process.execPath, [MAIN, ...this.#args], { stdio: ['ignore', full, 'ignore'] });
    closeSync(full);
    const responds = () => fetch(`http://${this.instance}/metrics`).catch(() => undefined);
    await waitFor(responds, { message: 'the server does not start', timeoutMs: 60_000 });
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }
}

async function causeByRestarts(server: RestartedServer, prometheus: Prometheus, fires: Fires): Promise<void> {
  await fires('TaskApiLogLinesDropped', () => fetch(`http://${server.address}/health/live`).then((one) => one.text()));
  const starts = () =>
    prometheus.query(`changes(process_start_time_seconds{instance="${server.instance}"}[15m]) >= ${restarts}`);
  let restarts = 0;
  while (restarts < 3) {
    server.kill();
    await server.start();
    restarts++;
    await waitFor(async () => (await starts()) > 0, { message: 'a start is not noticed', timeoutMs: 30_000 });
  }
  await fires('TaskApiRestarts');
  server.kill();
  await fires('TaskApiDown');
}

async function causeByWorkers(server: ServerProcess, prometheus: Prometheus, fires: Fires): Promise<void> {
  const lines = (message: string) => server.log.filter(({ msg }) => msg === message);
  const exits = () => lines('worker exited; restarting').length;
  while (exits() < 3) {
    const areListening = () => lines('listening').length === 2 + exits();
    await waitFor(areListening, { message: 'the worker is not replaced', timeoutMs: 60_000 });
    const before = exits();
    process.kill(lines('listening').at(-1)?.pid as number, 'SIGKILL');
    await waitFor(() => exits() > before, { message: 'the exit is not noticed' });
    const seen = () => prometheus.query(`task_api_worker_exits_total{instance="${instanceOf(server)}"} > ${before}`);
    await waitFor(async () => (await seen()) > 0, { message: 'the exit is not counted', timeoutMs: 30_000 });
  }
  await fires('TaskApiRestarts');
}

test('every alert rule fires when its cause is made, and none before', {
  skip: process.platform !== 'linux' && 'it needs /dev/full',
}, async (t: TestContext) => {
  if (skipWithoutPrometheus(t) || skipWithoutPostgres(t)) return;
  const databaseUrl = await emptyDatabase(t);
  const folder = tempFolder(t);
  const file = join(folder, 'sqlite.db');
  const restarted = new RestartedServer(join(folder, 'restarted.db'), [await findFreePort(), await findFreePort()]);
  t.after(() => restarted.kill());
  const workersArgs = ['--workers', '2', '--metrics-port', '0', '--host', '127.0.0.1'];
  const [postgres, sqlite, workers] = await Promise.all([
    // A replica that cannot be reached, since the dashboard shows replicas.
    startMeasured(t, databaseUrl, ['--database-read-url', `postgres://127.0.0.1:${await findFreePort()}/none`]),
    startMeasured(t, `file:${file}`, ['--backup-to', join(folder, 'missing')]),
    startServer({
      ...{ databaseFile: join(folder, 'workers.db'), command: 'serve', args: workersArgs },
      ready: 'all workers are listening',
    }),
    restarted.start(),
  ]);
  t.after(() => workers.process.kill('SIGTERM'));
  const instances = [...[postgres.server, sqlite.server, workers].map(instanceOf), restarted.instance] as const;
  const prometheus = await startPrometheus(t, RULES, [...instances]);
  const scraped = () => prometheus.query('count_over_time(up{job="task-api"}[5m]) >= 3');
  await waitFor(async () => (await scraped()) === instances.length, {
    message: 'not every server is scraped',
    timeoutMs: 30_000,
  });
  const early = (await prometheus.firing()).filter((alert) => !DEPENDS_ON_LOAD.some((name) => alert.startsWith(name)));
  // The causes of these exist from the start.
  const caused = [`TaskApiLogLinesDropped ${instances[3]}`, `TaskApiReplicaLeftOut ${instances[0]}`];
  assert.deepEqual(
    early.filter((alert) => !caused.includes(alert)),
    [],
  );

  const fired = new Set<string>();
  const firesOn =
    (instance: string): Fires =>
    async (alert, meanwhile) => {
      await prometheus.fires(alert, instance, meanwhile);
      fired.add(alert);
    };
  await Promise.all([
    causeOnPostgres(postgres, databaseUrl, firesOn(instances[0] as string)),
    causeOnSqlite(sqlite, file, firesOn(instances[1] as string)),
    causeByWorkers(workers, prometheus, firesOn(instances[2] as string)),
    causeByRestarts(restarted, prometheus, firesOn(restarted.instance)),
  ]);
  assert.deepEqual([...fired].sort(), [...ALERTS].sort());
  // Every metric has samples again, now that the databases are available.
  for (const query of dashboardQueries(readDashboard())) {
    await waitFor(async () => (await prometheus.query(query)) > 0, { message: query, timeoutMs: 30_000 });
  }
});
