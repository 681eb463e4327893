import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { findFreePort } from '../support/free-port.ts';
import { run } from '../support/postgres.ts';
import { type Account, findAccount, makeFolder } from '../support/postgres-account.ts';
import { signalPostgres } from '../support/postgres-process.ts';
import { runProgram } from '../support/run-program.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Cluster, Failure } from './failover-cluster.ts';

const DATABASE = 'tasks';
/** How long Patroni may take to initialise a server, or to make one a synchronous standby. */
const READY_WITHIN_MS = 180_000;
/** How long Patroni may take to promote the standby: the leader key expires after `ttl` seconds. */
const PROMOTED_WITHIN_MS = 120_000;

/** The least that Patroni accepts: `loop_wait` + 2 × `retry_timeout` is at most `ttl`, which is at least 20. */
const TIMING = { ttl: 20, loop_wait: 2, retry_timeout: 5 };

/** The state of a standby that follows its primary: of Patroni 3, and of older versions. */
const REPLICATING = ['streaming', 'running'];

/** Two servers of the system's PostgreSQL, of which Patroni with etcd makes one the primary and the other a synchronous standby. */
export async function startPatroni(): Promise<Cluster> {
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  await runProgram('chown', ['-R', account.uid === undefined ? String(process.getuid?.()) : `${account.uid}`, folder]);
  const etcd = await startEtcd(folder, account);
  const nodes: Node[] = [];
  for (const name of ['one', 'two'])
    nodes.push(new Node(name, folder, account, etcd.port, await findFreePort(), await findFreePort()));
  let [primary, standby] = nodes as [Node, Node];
  let failed: Failure = 'none';
  const remove = async () => {
    for (const node of nodes) node.kill();
    etcd.process.kill('SIGKILL');
    await wait(500);
    rmSync(folder, { recursive: true, force: true });
  };
  const isReplicating = async () => {
    const { members } = (await (await fetch(`${primary.api}/cluster`)).json()) as {
      members: { name: string; role: string; state: string }[];
    };
    return members.some(
      ({ name, role, state }) => name === standby.name && role === 'sync_standby' && REPLICATING.includes(state),
    );
  };
  const replicates = () =>
    waitFor(() => isReplicating().catch(() => false), {
      ...{ timeoutMs: READY_WITHIN_MS, message: 'Patroni makes no synchronous standby' },
    });
  try {
    primary.start();
    await waitFor(() => primary.isPrimary(), { timeoutMs: READY_WITHIN_MS, message: 'Patroni starts no primary' });
    await run(primary.urlOf('postgres'), `CREATE DATABASE ${DATABASE}`);
    standby.start();
    await replicates();
  } catch (error) {
    process.stderr.write(`${primary.log()}\n${standby.log()}\n`);
    await remove();
    throw error;
  }
  const version = (await runProgram('patroni', ['--version'])).trim();
  const [one, two] = nodes.map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `postgres://postgres:postgres@${one},${two}/${DATABASE}`,
    conditions:
      `${version}, etcd and PostgreSQL of Debian, \`synchronous_mode: true\`, \`ttl: ${TIMING.ttl}\`. In turn, the machine of the primary ends ` +
      '(Patroni and PostgreSQL are killed), Patroni hands over, both hang and continue later, or Patroni is stopped.',
    failures: ['crash', 'none', 'hang', 'stop'],
    async failOver(failure) {
      failed = failure;
      [primary, standby] = [standby, primary];
      if (failure === 'none') await standby.handOver(primary.name);
      else standby.fail(failure);
      await waitFor(() => primary.isPrimary(), {
        timeoutMs: PROMOTED_WITHIN_MS,
        message: 'Patroni promotes no standby',
      });
      return performance.now();
    },
    async repair() {
      if (failed === 'hang') standby.signalAll('SIGCONT');
      else if (failed !== 'none') standby.start();
      await replicates();
    },
    query: (sql) => primary.query(sql),
    remove,
  };
}

async function startEtcd(folder: string, account: Account): Promise<{ port: number; process: ChildProcess }> {
  const [port, peerPort] = [await findFreePort(), await findFreePort()];
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const args = [
    ...['--name=etcd', `--data-dir=${join(folder, 'etcd')}`, `--initial-cluster=etcd=${peer}`],
    ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
  ];
  const etcd = spawn('etcd', args, { ...account, cwd: folder, stdio: 'ignore' });
  process.once('exit', () => etcd.kill('SIGKILL'));
  const isReady = async () => (await fetch(`${client}/health`)).ok;
  await waitFor(() => isReady().catch(() => false), { timeoutMs: 60_000, message: 'etcd does not start' });
  return { port, process: etcd };
}

/** Patroni, and the PostgreSQL server that it runs. */
class Node {
  readonly name: string;
  readonly port: number;
  /** The URL of its HTTP API. */
  readonly api: string;
  readonly #folder: string;
  readonly #account: Account;
  readonly #data: string;
  readonly #configuration: string;
  readonly #log: string;
  #process: ChildProcess | undefined;

  constructor(name: string, folder: string, account: Account, etcdPort: number, port: number, apiPort: number) {
    this.name = name;
    this.port = port;
    this.api = `http://127.0.0.1:${apiPort}`;
    this.#folder = folder;
    this.#account = account;
    this.#data = join(folder, name);
    this.#configuration = join(folder, `${name}.yml`);
    const login = { username: 'postgres', password: 'postgres' };
    const bin = globSync('/usr/lib/postgresql/*/bin').at(-1);
    // JSON is YAML.
    const configuration = {
      ...{ scope: 'tasks', name, etcd3: { host: `127.0.0.1:${etcdPort}` } },
      restapi: { listen: `127.0.0.1:${apiPort}`, connect_address: `127.0.0.1:${apiPort}` },
      bootstrap: {
        dcs: {
          ...TIMING,
          synchronous_mode: true,
          postgresql: { use_pg_rewind: true, parameters: { wal_keep_size: '256MB' } },
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C' }],
      },
      postgresql: {
        ...{ listen: `127.0.0.1:${port}`, connect_address: `127.0.0.1:${port}`, data_dir: this.#data, bin_dir: bin },
        // Otherwise a copy of the primary waits for minutes until its next checkpoint.
        basebackup: [{ checkpoint: 'fast' }],
        authentication: { superuser: login, replication: login, rewind: login },
        pg_hba: ['host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256'],
        parameters: { unix_socket_directories: folder },
        pgpass: join(folder, `${name}.pgpass`),
        remove_data_directory_on_diverged_timelines: true,
        remove_data_directory_on_rewind_failure: true,
      },
    };
    this.#log = join(folder, `${name}.log`);
    writeFileSync(this.#log, '');
    writeFileSync(this.#configuration, JSON.stringify(configuration));
    process.once('exit', () => this.kill());
  }

  start(): void {
    const log = openSync(this.#log, 'a');
    const options = { ...this.#account, cwd: this.#folder, stdio: ['ignore', log, log] as ['ignore', number, number] };
    this.#process = spawn('patroni', [this.#configuration], options);
  }

  urlOf(database: string): string {
    return `postgres://postgres:postgres@127.0.0.1:${this.port}/${database}`;
  }

  async isPrimary(): Promise<boolean> {
    const [row] = await this.query('SELECT pg_is_in_recovery()', 'postgres').catch(() => []);
    return row?.[0] === false;
  }

  async query(text: string, database = DATABASE): Promise<unknown[][]> {
    const client = new pg.Client({ connectionString: this.urlOf(database), connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }

  /** Lets Patroni make another node the primary. */
  async handOver(to: string): Promise<void> {
    const response = await fetch(`${this.api}/switchover`, {
      method: 'POST',
      body: JSON.stringify({ leader: this.name, candidate: to }),
    });
    if (!response.ok) throw new Error(`Patroni rejects the switchover: ${await response.text()}`);
  }

  /** The end of its machine; or SIGTERM, with which Patroni stops the server and gives up its role; or it hangs. */
  fail(failure: Failure): void {
    if (failure === 'hang') this.signalAll('SIGSTOP');
    else if (failure === 'stop') this.#process?.kill('SIGTERM');
    else this.kill();
  }

  kill(): void {
    this.signalAll('SIGKILL');
  }

  /** Sends a signal to Patroni, the server and its processes. */
  signalAll(signal: NodeJS.Signals): void {
    if (this.#process?.pid !== undefined) signalPostgres(this.#process.pid, signal);
    try {
      signalPostgres(Number(readFileSync(join(this.#data, 'postmaster.pid'), 'utf8').split('\n')[0]), signal);
    } catch {
      // The server does not run.
    }
  }

  log(): string {
    return readFileSync(this.#log, 'utf8').slice(-4_000);
  }
}
