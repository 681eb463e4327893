import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { findFreePort } from './free-port.ts';
import { run } from './postgres.ts';
import { type Account, findAccount, makeFolder } from './postgres-account.ts';
import { findPrograms, installedPrograms, type PostgresPrograms } from './postgres-programs.ts';
import { runProgram } from './run-program.ts';

/** How long the server may take to accept connections. */
const START_TIMEOUT_MS = 60_000;

/** A PostgreSQL server that a test can crash and restart. */
export interface OwnPostgres {
  /** The URL of its only database. */
  url: string;
  /** The postmaster process. */
  pid: () => number;
  /** Crashes it. Resolves when its process has exited. */
  crash: () => Promise<void>;
  /** Restarts it on the same data. Resolves when it accepts connections. */
  start: () => Promise<void>;
  /**
   * Starts a server that streams from this one, a hot standby. It has a copy of the present data.
   *
   * @param flags more command-line arguments of `postgres`.
   */
  replicate: (flags?: string[]) => Promise<OwnPostgres>;
  /** Stops it and removes its data. */
  remove: () => Promise<void>;
}

/**
 * Starts a separate server with an empty database. If this process runs as root, the server runs as the user `postgres`.
 *
 * @param flags more command-line arguments of `postgres`.
 * @param parent the parent of the data folder, which the user must be able to enter. By default a folder for temporary files.
 * @param programs those to run. By default the installed package.
 * @throws Error with the reason, if it does not start.
 */
export async function startOwnPostgres(
  flags: string[] = [],
  parent?: string,
  programs?: PostgresPrograms,
): Promise<OwnPostgres> {
  const account = await findAccount();
  const folder = await makeFolder(account, parent);
  let server: OwnPostgres | undefined;
  try {
    const { initdb, postgres } = await findPrograms(programs ?? (await installedPrograms()), account, folder);
    await initialise(initdb, folder, account);
    server = await startIn(folder, { postgres, account, flags, parent });
    await run(new URL('postgres', server.url).href, 'CREATE DATABASE tasks');
    return server;
  } catch (error) {
    await server?.remove();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface StartOptions {
  postgres: string;
  account: Account;
  flags: string[];
  parent: string | undefined;
}

/** Starts a server on the data in a folder. */
async function startIn(folder: string, options: StartOptions): Promise<OwnPostgres> {
  const { postgres, account, flags } = options;
  const port = await findFreePort();
  const args = ['-D', join(folder, DATA), '-p', String(port), '-c', 'unix_socket_directories=', ...flags];
  let server: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    if (server !== undefined) await stopServer(server, signal);
  };
  const start = async () => {
    server = startServer(postgres, args, folder, account);
    await acceptsConnections(server);
  };
  const remove = async () => {
    await stop('SIGINT');
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/tasks`;
  const replicate = async (more: string[] = []) => {
    const copy = await makeFolder(account, options.parent);
    try {
      await copyData(url, folder, copy, account);
      return await startIn(copy, { ...options, flags: [...flags, ...more] });
    } catch (error) {
      rmSync(copy, { recursive: true, force: true });
      throw error;
    }
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return { url, pid: () => server?.pid as number, crash: () => stop('SIGQUIT'), start, replicate, remove };
}

/** The name of the folder that has the data. */
const DATA = 'data';

/** Copies the data of a running server for a standby (https://www.postgresql.org/docs/current/continuous-archiving.html). */
async function copyData(url: string, from: string, to: string, account: Account): Promise<void> {
  const client = new pg.Client(new URL('postgres', url).href);
  await client.connect();
  const data = join(to, DATA);
  const write = (name: string, text: string) => {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    if (account.uid !== undefined) chownSync(join(data, name), account.uid, account.gid);
  };
  try {
    await client.query("SELECT pg_backup_start('copy', true)");
    await runProgram('cp', ['-a', join(from, DATA), data]);
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
    write('backup_label', rows[0].labelfile);
  } finally {
    await client.end();
  }
  rmSync(join(data, 'postmaster.pid'));
  write('standby.signal', '');
  const { hostname, port, username, password } = new URL(url);
  const settings = `host=${hostname} port=${port} user=${username} password=${password}`;
  write('postgresql.auto.conf', `primary_conninfo = '${settings}'\n`);
}

/** Creates the data of a new server. */
async function initialise(initdb: string, folder: string, account: Account): Promise<void> {
  const data = join(folder, DATA);
  const password = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(password, 'postgres\n', { mode: 0o600 });
  if (account.uid !== undefined) for (const path of [data, password]) chownSync(path, account.uid, account.gid);
  const login = ['--username=postgres', '--auth=password', `--pwfile=${password}`];
  const options = ['--no-sync', '--encoding=UTF8', '--locale=C'];
  await runProgram(initdb, [`--pgdata=${data}`, ...login, ...options], { ...account, cwd: folder });
}

function startServer(postgres: string, args: string[], cwd: string, account: Account): ChildProcess {
  const server = spawn(postgres, args, { ...account, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  stopWithThisProcess(server);
  return server;
}

/** @throws Error with the server's output, if it exits or does not accept connections in time. */
async function acceptsConnections(server: ChildProcess): Promise<void> {
  const timeout = setTimeout(() => server.kill('SIGKILL'), START_TIMEOUT_MS);
  let printed = '';
  try {
    await new Promise<void>((resolve, reject) => {
      server.stderr?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (/ready to accept (?:read-only )?connections/.test(printed)) resolve();
      });
      server.once('error', reject);
      server.once('close', () =>
        reject(new Error(`PostgreSQL ended: ${printed.trim().replaceAll(/\s*\n\s*/g, '; ')}`)),
      );
    });
  } finally {
    clearTimeout(timeout);
    server.stderr?.removeAllListeners('data').resume();
    // With --test-isolation=none, the global teardown waits until nothing keeps the process alive.
    server.unref();
    (server.stderr as Socket | null)?.unref();
  }
}

async function stopServer(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const hasEnded = server.pid === undefined || server.exitCode !== null || server.signalCode !== null;
  if (hasEnded) return;
  server.ref();
  server.kill(signal);
  await once(server, 'exit');
}

const running = new Set<ChildProcess>();
let isWatching = false;

/** Stops the server when this process exits, also by a signal. */
function stopWithThisProcess(server: ChildProcess): void {
  const stopAll = () => {
    for (const one of running) one.kill('SIGINT');
  };
  if (!isWatching) {
    isWatching = true;
    process.once('exit', stopAll);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.once(signal, () => {
        stopAll();
        // Applies the default action of the signal.
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    }
  }
  running.add(server);
  server.once('exit', () => running.delete(server));
}
