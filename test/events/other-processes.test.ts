import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import type { ChangeChannel, ChangeMessage } from '../../src/domain/change-channel.ts';
import { ChangeReports } from '../../src/events/change-reports.ts';
import { PrimaryChannel, relayChanges } from '../../src/events/primary-channel.ts';
import { PostgresChangeChannel } from '../../src/storage/postgres/change-channel.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { engineOf, selectEngine, testOnBothDatabases } from '../support/both-databases.ts';
import { runCli } from '../support/cli.ts';
import { followEvents, nextEvent } from '../support/event-stream.ts';
import { JOHN } from '../support/examples.ts';
import { skipWithoutPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { run, skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { WITHOUT_POLLS, withoutPolls } from '../support/without-polls.ts';

const LISTENERS = `FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
  AND application_name = 'task-api listener' AND query ~ 'LISTEN|pg_notify'`;

type Workers = Set<{ send: (message: unknown) => boolean }>;

/** The channel of another worker, whose messages arrive as those of a process do. */
function workerChannel(workers: Workers): ChangeChannel {
  const inPrimary = new EventEmitter();
  const inWorker = new EventEmitter();
  const deliver = (to: EventEmitter) => (message: unknown) => {
    setImmediate(() => to.emit('message', message));
    return true;
  };
  const worker = Object.assign(inPrimary, { send: deliver(inWorker) });
  workers.add(worker);
  relayChanges(worker as never, workers as never);
  return new PrimaryChannel(Object.assign(inWorker, { send: deliver(inPrimary) }) as never);
}

interface Processes {
  /** The events of this one are followed. */
  following: TestApp;
  changing: TestApp;
  events: Awaited<ReturnType<typeof followEvents>>;
  /** What both channels have logged, on PostgreSQL. */
  log: string[];
}

/**
 * Two applications on one database, as two processes are.
 *
 * @param through the URL for the channels, from that of the database. By default the same.
 */
async function startBoth(
  t: TestContext,
  through: (url: string) => Promise<string> = async (url) => url,
): Promise<Processes> {
  const stop = new AbortController();
  // Hooks run in the order of their registration: the stream ends before its application is closed.
  t.after(() => stop.abort());
  const channels: ChangeChannel[] = [];
  t.after(() => Promise.all(channels.map((channel) => channel.close())));
  const log: string[] = [];
  const write = (...args: unknown[]) => log.push(String(args.at(-1)));
  const workers: Workers = new Set();
  const changeChannel = (url: string) => {
    const logger = { info: write, warn: write } as never;
    const channel = engineOf(t) === 'postgres' ? new PostgresChangeChannel({ url, logger }) : workerChannel(workers);
    channels.push(channel);
    return channel;
  };
  const following = await testApp(t, { changeChannel });
  const { file, directUrl } = following;
  const channelUrl = await through(directUrl);
  const changing = await testApp(t, {
    database: engineOf(t) === 'postgres' ? { url: directUrl } : { file },
    changeChannel: () => changeChannel(channelUrl),
  });
  const url = await following.app.listen({ host: '127.0.0.1', port: 0 });
  const events = await followEvents(url, await following.token(), { query: '?_after=0', signal: stop.signal });
  return { following, changing, events, log };
}

/** Waits until both channels are connected, on PostgreSQL. Until then, their messages are lost. */
async function connected(t: TestContext, directUrl: string, except: number[] = []): Promise<number[]> {
  if (engineOf(t) === 'sqlite') return [];
  const client = new pg.Client(directUrl);
  await client.connect();
  try {
    const read = async () => {
      const { rows } = await client.query<{ pid: number }>(`SELECT pid ${LISTENERS}`);
      const pids = rows.map(({ pid }) => pid).filter((pid) => !except.includes(pid));
      return pids.length === 2 ? pids : undefined;
    };
    return await waitFor(read, { timeoutMs: 30_000, message: 'the processes do not listen' });
  } finally {
    await client.end();
  }
}

/** Creates a user with the id `n` in one process, and waits until the event arrives in the other. */
async function createAndReceive({ changing, events }: Processes, n: number): Promise<void> {
  await changing.post('/users', { ...JOHN, contactEmail: `john${n}@example.com` });
  assert.equal((await nextEvent(events)).data.data.userId, n);
}

/** Selects PostgreSQL. True if it is not available, and the test is skipped. */
function isSkipped(t: TestContext): boolean {
  if (skipWithoutPostgres(t)) return true;
  selectEngine(t, 'postgres');
  return false;
}

testOnBothDatabases('a change by another process arrives without waiting for a poll', async (t) => {
  const processes = await startBoth(t);
  await createAndReceive(processes, 1);
  await connected(t, processes.following.directUrl);
  t.mock.method(globalThis, 'setTimeout', withoutPolls(setTimeout));
  for (const n of [2, 3, 4]) await createAndReceive(processes, n);
});

testOnBothDatabases('a change by another worker arrives without waiting for a poll', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const databaseUrl = engineOf(t) === 'postgres' ? await testDatabase(t) : `file:${file}`;
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--plan', 'unlimited'];
  const token = (await runCli(create, { DATABASE_URL: databaseUrl })).stdout.trim();
  const args = ['--host', '127.0.0.1', '--workers', '2'];
  const ready = 'all workers are listening';
  const server = await startServer({ databaseUrl, command: 'serve', args, ready, wrap: WITHOUT_POLLS });
  t.after(() => server.process.kill('SIGKILL'));
  const events = await followEvents(server.url, token, { query: '?_after=0' });
  await connected(t, databaseUrl);
  // Connections are given to the workers in turn.
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' };
  for (let n = 1; n <= 6; n++) {
    const body = JSON.stringify({ ...JOHN, contactEmail: `john${n}@example.com` });
    assert.equal((await fetch(`${server.url}/users`, { method: 'POST', headers, body })).status, 201);
    assert.equal((await nextEvent(events)).data.data.userId, n);
  }
  await events.return(undefined);
});

test('a process whose connection was closed listens again', async (t) => {
  if (isSkipped(t)) return;
  const processes = await startBoth(t);
  await createAndReceive(processes, 1);
  const before = await connected(t, processes.following.directUrl);
  await run(processes.following.directUrl, `SELECT pg_terminate_backend(pid) ${LISTENERS}`);
  await connected(t, processes.following.directUrl, before);
  t.mock.method(globalThis, 'setTimeout', withoutPolls(setTimeout));
  await createAndReceive(processes, 2);
  const each = ['change notifications failed; will retry', 'change notifications recovered'];
  assert.deepEqual(processes.log.toSorted(), [each[0], each[0], each[1], each[1]]);
});

test('through a pooler alone, a change arrives with the next poll', async (t) => {
  if (isSkipped(t) || skipWithoutPgBouncer(t)) return;
  const processes = await startBoth(t, async (url) => {
    const pgBouncer = await startPgBouncer(url, 3);
    t.after(() => pgBouncer.remove());
    return pgBouncer.through(url);
  });
  await createAndReceive(processes, 1);
  await createAndReceive(processes, 2);
  const expected = ['DATABASE_DIRECT_URL is not set; streams poll for changes of other processes'];
  await waitFor(() => processes.log.length > 0, { message: 'nothing is logged' });
  assert.deepEqual(processes.log, expected);
});

test('a process reports a burst of changes once, and only while another process has streams', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const pass = (ms: number) => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  const sent: ChangeMessage[] = [];
  let receive: (message: ChangeMessage) => void = () => undefined;
  const channel: ChangeChannel = {
    send: (message) => sent.push(message),
    onMessage: (onMessage) => {
      receive = onMessage;
    },
    close: async () => undefined,
  };
  const reports = new ChangeReports(channel, () => undefined);
  const reportsOf = (milliseconds: number) => {
    sent.length = 0;
    for (let i = 0; i < milliseconds; i++) {
      reports.changed();
      pass(1);
    }
    pass(50);
    return sent.length;
  };
  assert.equal(reportsOf(1), 1);
  assert.equal(reportsOf(200), 5);
  pass(60_000);
  assert.equal(reportsOf(100), 0);
  receive('waiting');
  assert.equal(reportsOf(1), 1);
  sent.length = 0;
  for (let i = 0; i < 8_000; i++) {
    reports.ask();
    pass(1);
  }
  assert.deepEqual(sent, ['waiting', 'waiting']);
});
