import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from './free-port.ts';
import { run } from './postgres.ts';
import { type Account, findAccount, makeFolder } from './postgres-account.ts';
import { copyForStandby } from './postgres-copy.ts';
import { initialisePostgres, startPostgres, stopPostgres } from './postgres-process.ts';
import { findPrograms, installedPrograms, type PostgresPrograms } from './postgres-programs.ts';

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
    await initialisePostgres(initdb, folder, account);
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
    if (server !== undefined) await stopPostgres(server, signal);
  };
  const start = async () => {
    server = await startPostgres(postgres, args, folder, account);
  };
  const remove = async () => {
    await stop('SIGINT');
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/tasks`;
  const replicate = async (more: string[] = []) => {
    const copy = await makeFolder(account, options.parent);
    try {
      await copyForStandby(url, join(folder, DATA), join(copy, DATA));
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
