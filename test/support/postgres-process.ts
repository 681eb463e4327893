import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Account } from './postgres-account.ts';
import { runProgram } from './run-program.ts';

/** How long the server may take to accept connections. */
const START_TIMEOUT_MS = 60_000;

/** Creates the data folder of a server whose user and password are `postgres`, and returns its path. */
export async function initialisePostgres(initdb: string, folder: string, account: Account): Promise<string> {
  const data = join(folder, 'data');
  const password = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(password, 'postgres\n', { mode: 0o600 });
  if (account.uid !== undefined) for (const path of [data, password]) chownSync(path, account.uid, account.gid);
  const login = ['--username=postgres', '--auth=password', `--pwfile=${password}`];
  const options = ['--no-sync', '--encoding=UTF8', '--locale=C'];
  await runProgram(initdb, [`--pgdata=${data}`, ...login, ...options], { ...account, cwd: folder });
  return data;
}

/**
 * Starts a server. Resolves when it accepts connections. It is stopped with this process.
 *
 * @throws Error with the server's output, if it exits or does not accept connections in time.
 */
export async function startPostgres(
  postgres: string,
  args: string[],
  cwd: string,
  account: Account,
): Promise<ChildProcess> {
  const server = spawn(postgres, args, { ...account, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  stopWithThisProcess(server);
  await acceptsConnections(server);
  return server;
}

async function acceptsConnections(server: ChildProcess): Promise<void> {
  const timeout = setTimeout(() => server.kill('SIGKILL'), START_TIMEOUT_MS);
  let printed = '';
  try {
    await new Promise<void>((resolve, reject) => {
      server.stderr?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (/ready to accept (read-only )?connections/.test(printed)) resolve();
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

/** Sends a signal. Resolves when the server has exited. */
export async function stopPostgres(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const hasEnded = server.pid === undefined || server.exitCode !== null || server.signalCode !== null;
  if (hasEnded) return;
  server.ref();
  server.kill(signal);
  await once(server, 'exit');
}

/** Sends a signal to a server and to the processes that it has started. */
export function signalPostgres(pid: number, signal: NodeJS.Signals): void {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  for (const one of [pid, ...children.map(Number)]) {
    try {
      process.kill(one, signal);
    } catch {
      // It has ended.
    }
  }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    // It has ended.
    return undefined;
  }
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
