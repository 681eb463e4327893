import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { Metrics } from '../../src/metrics/metrics.ts';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { type TestApp, testApp } from './app.ts';
import { JOHN } from './examples.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';
import { waitFor } from './wait-for.ts';

/** The configured maximum age of lists in tests. */
export const MAX_LAG_MS = 5_000;

/** A server that streams from the primary. */
export interface TestReplica extends OwnPostgres {
  /** Its name in metrics and logs. */
  name: string;
  /** Stops or continues to apply what the primary has written. */
  setPaused: (paused: boolean) => Promise<void>;
}

/** A primary with two replicas. */
export interface Replicated {
  primary: OwnPostgres;
  replicas: [TestReplica, TestReplica];
  /** The time of the clock by which the age of data is measured, in milliseconds. */
  now: () => number;
  /** Moves the clock by which the age of data is measured. It stands still otherwise. */
  advance: (milliseconds: number) => void;
  /** A process of the service, with the URLs of its replicas and of the primary. */
  app: (t: TestContext, urls?: string[], primary?: { url: string; pooled: boolean }) => Promise<ReplicatedApp>;
  /** Waits until this many processes have polled the primary and then these replicas, by default all, twice. */
  polled: (processes: number, replicas?: TestReplica[]) => Promise<void>;
  /** Waits until this many processes use these replicas, by default all, which takes a second of the clock. */
  used: (processes: number, replicas?: TestReplica[]) => Promise<void>;
  remove: () => Promise<void>;
}

export interface ReplicatedApp extends TestApp {
  /** What was logged about replicas, with the reason. */
  messages: string[];
  metrics: Metrics;
}

export async function startReplicated(): Promise<Replicated> {
  const primary = await startOwnPostgres(['-c', 'fsync=off', '-c', 'wal_keep_size=256MB']);
  await migrate(primary.url);
  const replicas = [await startReplica(primary), await startReplica(primary)] satisfies [TestReplica, TestReplica];
  let ahead = 0;
  const now = () => ahead;
  const polled = async (processes: number, some: TestReplica[] = replicas) => {
    for (let times = 0; times < 2; times++) {
      await hasReceived(primary.url, 'pg_current_wal_flush_lsn()', processes);
      await Promise.all(some.map(({ url }) => hasReceived(url, 'pg_last_wal_replay_lsn()', processes)));
    }
  };
  return {
    primary,
    replicas,
    now,
    advance(milliseconds) {
      ahead += milliseconds;
    },
    async app(t, urls = replicas.map(({ url }) => url), { url, pooled } = { url: primary.url, pooled: false }) {
      const messages: string[] = [];
      const logger = {
        info: (message: string) => messages.push(message),
        warn: ({ err }: { err: Error }, message: string) => messages.push(`${message}: ${err.message}`),
      } as never;
      const metrics = new Metrics('test');
      const replication = { pooled, replicas: { urls, maxLagMs: MAX_LAG_MS }, now, logger, metrics };
      return { ...(await testApp(t, { database: { url, replication } })), messages, metrics };
    },
    polled,
    async used(processes, some) {
      await polled(processes, some);
      ahead += 1_000;
      await polled(processes, some);
    },
    async remove() {
      for (const server of [...replicas, primary]) await server.remove();
    },
  };
}

/** The replicas apply what is written again when the test ends. */
export async function pauseReplicas(t: TestContext, { replicas }: Replicated): Promise<void> {
  t.after(() => Promise.all(replicas.map((replica) => replica.setPaused(false))));
  await Promise.all(replicas.map((replica) => replica.setPaused(true)));
}

/** Reads with a token, and returns the items. */
export async function read(
  app: ReplicatedApp,
  url: string,
  token: string,
  headers = {},
): Promise<{ userId: number }[]> {
  const response = await app.request({ url, token, headers });
  assert.equal(response.statusCode, 200, response.body);
  return Object.values(response.json())[0] as never;
}

let probes = 0;

/** Waits until lists come from replicas: another token does not see a write while they are paused. */
export async function readsFromReplicas(app: ReplicatedApp, token: string): Promise<void> {
  await waitFor(
    async () => {
      const { userId } = (await app.post('/users', { ...JOHN, contactEmail: `probe${++probes}@example.com` })).json();
      return (await read(app, `/users?userId=${userId}`, token)).length === 0;
    },
    { message: 'lists do not come from replicas' },
  );
}

async function startReplica(primary: OwnPostgres): Promise<TestReplica> {
  const server = await primary.replicate(['-c', 'hot_standby_feedback=on']);
  const { host } = new URL(server.url);
  const setPaused = (paused: boolean) =>
    withClient(server.url, async (client) => {
      await client.query(paused ? 'SELECT pg_wal_replay_pause()' : 'SELECT pg_wal_replay_resume()');
      const state = paused ? 'paused' : 'not paused';
      const text = `SELECT 1 WHERE pg_get_wal_replay_pause_state() = '${state}'`;
      await waitFor(async () => (await client.query(text)).rowCount === 1, { message: `replay is not ${state}` });
    });
  return { ...server, name: host, setPaused };
}

/** Waits until a server has responded to a new statement with this text on as many connections. */
function hasReceived(url: string, text: string, connections: number): Promise<void> {
  return withClient(url, async (client) => {
    const { rows } = await client.query('SELECT clock_timestamp()::text AS start');
    const received = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%${text}%' AND pid <> pg_backend_pid()
      AND state = 'idle' AND query_start > '${rows[0].start}'`;
    const message = `${text} is not sent`;
    await waitFor(async () => ((await client.query(received)).rowCount ?? 0) >= connections, { message });
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await work(client).finally(() => client.end());
}
