import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { findFreePort } from './free-port.ts';
import { run } from './postgres.ts';
import { type Account, findAccount, makeFolder } from './postgres-account.ts';
import { copyForStandby } from './postgres-copy.ts';
import { initialisePostgres, signalPostgres, startPostgres, stopPostgres } from './postgres-process.ts';
import { findPrograms, installedPrograms } from './postgres-programs.ts';
import { runProgram } from './run-program.ts';
import { waitFor } from './wait-for.ts';

const DATABASE = 'tasks';
const REPLICATION_TIMEOUT_MS = 60_000;

/** Two PostgreSQL servers: a primary and its synchronous standby. */
export interface PostgresPair {
  /** The URL of the database, with both hosts. */
  url: string;
  primary: PairedServer;
  standby: PairedServer;
  /** Promotes the standby with `pg_ctl promote`, also while the primary runs. They exchange their roles in this object. */
  promote: () => Promise<void>;
  /** Copies the primary to the other server, starts that as the synchronous standby, and waits until it has caught up. */
  rebuildStandby: () => Promise<void>;
  /** Stops both and removes their data. */
  remove: () => Promise<void>;
}

/** One of two servers. */
export class PairedServer {
  readonly url: string;
  readonly data: string;
  readonly #postgres: string;
  readonly #account: Account;
  readonly #args: string[];
  #process: ChildProcess | undefined;

  constructor(postgres: string, account: Account, data: string, port: number, flags: string[]) {
    this.#postgres = postgres;
    this.#account = account;
    this.data = data;
    this.url = `postgres://postgres:postgres@127.0.0.1:${port}/${DATABASE}`;
    // A standby reconnects at once.
    const settings = ['wal_retrieve_retry_interval=200ms', 'wal_keep_size=256MB', 'unix_socket_directories='];
    this.#args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting]), ...flags];
  }

  async start(): Promise<void> {
    this.#process = await startPostgres(this.#postgres, this.#args, this.data, this.#account);
  }

  /** SIGINT closes all connections and sends everything to the standby; SIGQUIT is a crash. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    if (this.#process !== undefined) await stopPostgres(this.#process, signal);
  }

  /** SIGSTOP makes it hang, with its connections open; SIGCONT lets it continue. */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    signalPostgres(this.#process?.pid as number, signal);
  }

  async query(text: string): Promise<unknown[][]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }
}

/**
 * Starts both servers with an empty database. If this process runs as root, they run as the user `postgres`.
 *
 * @param flags more command-line arguments of `postgres`.
 */
export async function startPostgresPair(flags: string[] = []): Promise<PostgresPair> {
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  const { initdb, postgres } = await findPrograms(await installedPrograms(), account, folder);
  const ports = [await findFreePort(), await findFreePort()] as const;
  const data = await initialisePostgres(initdb, folder, account);
  const primary = new PairedServer(postgres, account, data, ports[0], flags);
  const standby = new PairedServer(postgres, account, join(folder, 'other'), ports[1], flags);
  const remove = async () => {
    await Promise.all([pair.primary.stop('SIGQUIT'), pair.standby.stop('SIGQUIT')]);
    rmSync(folder, { recursive: true, force: true });
  };
  const promote = async () => {
    const { primary: before, standby: next } = pair;
    Object.assign(pair, { primary: next, standby: before });
    await runProgram(join(dirname(postgres), 'pg_ctl'), ['promote', '-D', next.data], { ...account, cwd: folder });
  };
  const rebuildStandby = async () => {
    const { primary: from, standby: to } = pair;
    await to.stop('SIGQUIT');
    rmSync(to.data, { recursive: true, force: true });
    await copyForStandby(from.url, from.data, to.data);
    await to.start();
    await waitFor(() => isInSync(from, 'streaming'), { timeoutMs: REPLICATION_TIMEOUT_MS, message: 'no replication' });
    await from.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await from.query('SELECT pg_reload_conf()');
    await waitFor(() => isInSync(from, 'sync'), { timeoutMs: REPLICATION_TIMEOUT_MS, message: 'not synchronous' });
  };
  const url = `postgres://postgres:postgres@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}/${DATABASE}`;
  const pair: PostgresPair = { url, primary, standby, promote, rebuildStandby, remove };
  try {
    await primary.start();
    await run(new URL('postgres', primary.url).href, `CREATE DATABASE ${DATABASE}`);
    await rebuildStandby();
    return pair;
  } catch (error) {
    await remove();
    throw error;
  }
}

async function isInSync(primary: PairedServer, state: string): Promise<boolean> {
  const [row] = await primary.query(`SELECT count(*) FROM pg_stat_replication WHERE '${state}' IN (state, sync_state)`);
  return row?.[0] === '1';
}
