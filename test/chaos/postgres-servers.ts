import { appendFileSync, chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Account, findAccount } from '../support/postgres-account.ts';
import { copyForStandby } from '../support/postgres-copy.ts';
import { findPrograms, installedPrograms } from '../support/postgres-programs.ts';
import { runProgram } from '../support/run-program.ts';
import { waitFor } from '../support/wait-for.ts';
import { compile, type Network, PREFIX, PRIMARY_ADDRESS } from './network.ts';
import { Supervised } from './supervised.ts';

export const POSTGRES_MACHINES = ['pg1', 'pg2', 'pg3'] as const;
export type PostgresMachine = (typeof POSTGRES_MACHINES)[number];

/** The login of the service, of the standbys, and of this process. */
export const LOGIN = { user: 'postgres', password: 'postgres' };
export const DATABASE = 'tasks';

/** Each server has a disk of its own, in memory. */
const DISK_SIZE = '640m';
const TIMEOUT_MS = 60_000;
/** At most so much is written to a disk while it is filled. */
const RACED_BYTES = 8 << 20;

/**
 * After a crash, a server exits and is started again, as under Patroni: PostgreSQL 18 may hang if its disk is full when it
 * recovers by itself. The names of the servers are those of the machines.
 * A commit waits until another server has it on disk. A server notices within seconds that another one is lost.
 */
const SETTINGS = [
  ...['listen_addresses=*', 'max_connections=250', 'shared_buffers=64MB', 'max_wal_size=128MB', 'wal_keep_size=160MB'],
  ...['synchronous_standby_names=FIRST 1 (pg1, pg2, pg3)', 'wal_retrieve_retry_interval=500ms'],
  ...['hot_standby_feedback=on', 'max_standby_streaming_delay=3s', 'wal_receiver_status_interval=1s'],
  ...['wal_receiver_timeout=4s', 'wal_sender_timeout=4s', 'restart_after_crash=off'],
];

/** A primary and two standbys. The first standby that is connected is the synchronous one, the other a replica. */
export class PostgresServers {
  readonly programs: Record<PostgresMachine, Supervised>;
  readonly #network: Network;
  readonly #folder: string;
  readonly #account: Account;
  #primary: PostgresMachine = 'pg1';

  /** Starts the servers with an empty database. @param folder which the user who runs them can enter. */
  static async start(network: Network, folder: string): Promise<PostgresServers> {
    const account = await findAccount();
    const { initdb, postgres } = await findPrograms(await installedPrograms(), account, folder);
    const servers = new PostgresServers(network, folder, account, postgres);
    for (const machine of POSTGRES_MACHINES) {
      const disk = servers.#disk(machine);
      mkdirSync(disk);
      await runProgram('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', disk]);
      chmodSync(disk, 0o755);
      if (account.uid !== undefined) chownSync(disk, account.uid, account.gid);
      servers.slowDisk(machine, 0);
    }
    await servers.#initialise(initdb);
    await network.movePrimaryAddress('pg1');
    servers.programs.pg1.start();
    const accepts = () => servers.query('SELECT 1', { database: 'postgres' }).then(Boolean, () => false);
    await waitFor(accepts, { message: 'PostgreSQL does not start', timeoutMs: TIMEOUT_MS });
    await servers.query(`CREATE DATABASE ${DATABASE}`, { database: 'postgres' });
    for (const machine of servers.standbys) await servers.rejoin(machine);
    return servers;
  }

  private constructor(network: Network, folder: string, account: Account, postgres: string) {
    this.#network = network;
    this.#folder = folder;
    this.#account = account;
    const shim = compile('../durability/disk-shim.c', join(folder, 'disk-shim.so'), ['-shared', '-fPIC']);
    const create = (machine: PostgresMachine) =>
      new Supervised(machine, () => ({
        args: [
          ...[...network.on(machine, account), postgres, '-D', this.#data(machine), '-k', this.#disk(machine)],
          ...[`cluster_name=${machine}`, ...SETTINGS].flatMap((setting) => ['-c', setting]),
        ],
        env: { LD_PRELOAD: shim, DISK_CONTROL: this.#syncControl(machine) },
        log: join(folder, `${machine}.log`),
      }));
    this.programs = { pg1: create('pg1'), pg2: create('pg2'), pg3: create('pg3') };
  }

  /** The server that accepts writes. */
  get primary(): PostgresMachine {
    return this.#primary;
  }

  get standbys(): PostgresMachine[] {
    return POSTGRES_MACHINES.filter((machine) => machine !== this.#primary);
  }

  /** Runs a statement, by default on the primary. Needs no network. */
  async query(text: string, { on = this.#primary, database = DATABASE } = {}): Promise<Record<string, unknown>[]> {
    const client = this.#client(on, database);
    try {
      await client.connect();
      return (await client.query(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Kills the primary, and promotes the standby that received most. Every acknowledged commit is on that one. */
  async failOver(): Promise<void> {
    // First, so that two servers never accept writes.
    await this.programs[this.#primary].stop('SIGKILL');
    const candidates = await Promise.all(
      this.standbys.map(async (machine) => {
        const text = "SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0' AS received";
        return { machine, received: Number((await this.query(text, { on: machine }))[0]?.received) };
      }),
    );
    const [best] = candidates.toSorted((a, b) => b.received - a.received);
    this.#primary = best?.machine as PostgresMachine;
    await this.query('SELECT pg_promote()');
    await this.#network.movePrimaryAddress(this.#primary);
  }

  /** Starts a server as a standby, on a copy of the primary. Its own data is lost. */
  async rejoin(machine: PostgresMachine): Promise<void> {
    const target = this.#data(machine);
    await this.programs[machine].stop('SIGKILL');
    rmSync(target, { recursive: true, force: true });
    const url = `postgres://${LOGIN.user}:${LOGIN.password}@${PRIMARY_ADDRESS}:5432/${DATABASE}`;
    await copyForStandby(url, this.#data(this.#primary), target);
    this.programs[machine].start();
  }

  /** Makes each sync to the disk of a server take so much longer. */
  slowDisk(machine: PostgresMachine, ms: number): void {
    writeFileSync(this.#syncControl(machine), ms === 0 ? 'normal' : `delay ${ms * 1000}`);
  }

  /** Fills the disk of a server. Returns the function that frees it. */
  async fillDisk(machine: PostgresMachine): Promise<() => void> {
    const free = await fillDisk(this.#disk(machine));
    // Otherwise, what is left of the current segment of the log would last for minutes.
    await this.query('SELECT pg_switch_wal()').catch(() => undefined);
    return free;
  }

  /** Whether both standbys follow the primary. */
  async isHealthy(): Promise<boolean> {
    const text = "SELECT FROM pg_stat_replication WHERE state = 'streaming'";
    return this.query(text).then(
      (rows) => rows.length === 2,
      () => false,
    );
  }

  #client(machine: PostgresMachine, database: string): Client {
    // There may be no standby that confirms a commit.
    const options = '-c synchronous_commit=local';
    const timeouts = { connectionTimeoutMillis: 3_000, query_timeout: TIMEOUT_MS };
    const client = new Client({ host: this.#disk(machine), database, options, ...LOGIN, ...timeouts });
    // A failing query is reported by the query.
    client.on('error', () => undefined);
    return client;
  }

  async #initialise(initdb: string): Promise<void> {
    const password = join(this.#disk('pg1'), 'password');
    writeFileSync(password, `${LOGIN.password}\n`);
    const args = [
      `--pgdata=${this.#data('pg1')}`,
      `--username=${LOGIN.user}`,
      `--pwfile=${password}`,
      '--auth=password',
    ];
    const options = ['--no-sync', '--encoding=UTF8', '--locale=C'];
    await runProgram(initdb, [...args, ...options], { ...this.#account, cwd: this.#folder });
    const rules = ['all', 'replication'].map((database) => `host ${database} all ${PREFIX}.0/24 password\n`);
    appendFileSync(join(this.#data('pg1'), 'pg_hba.conf'), rules.join(''));
  }

  #disk(machine: PostgresMachine): string {
    return join(this.#folder, machine);
  }

  #data(machine: PostgresMachine): string {
    return join(this.#disk(machine), 'data');
  }

  #syncControl(machine: PostgresMachine): string {
    return join(this.#folder, `${machine}-sync`);
  }
}

/** Fills the file system of a folder, also while others write to it. Returns the function that frees it. */
export async function fillDisk(folder: string): Promise<() => void> {
  const file = join(folder, 'filler');
  const [, free = '0'] = (await runProgram('df', ['--output=avail', '-B1', folder])).split('\n');
  const most = Number(free) - RACED_BYTES;
  if (most > 0) await runProgram('fallocate', ['-l', String(most), file]);
  try {
    for (;;) appendFileSync(file, Buffer.alloc(4096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return () => rmSync(file, { force: true });
}
