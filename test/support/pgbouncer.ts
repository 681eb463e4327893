import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { accepts, findProgram } from './external-program.ts';
import { findFreePort } from './free-port.ts';
import { findAccount, makeFolder } from './postgres-account.ts';
import { waitFor } from './wait-for.ts';

/** Debian installs it in a folder of the system. */
const PROGRAMS = ['pgbouncer', '/usr/sbin/pgbouncer'];

export interface PgBouncer {
  /** The URL of a database of the server, through PgBouncer. */
  through: (url: string) => string;
  stop: () => Promise<void>;
  /** Starts it again, on the same port. */
  start: () => Promise<void>;
  /** Stops it and removes its files. */
  remove: () => Promise<void>;
}

/** Starts PgBouncer in transaction mode before the server of a URL. Its configuration is what one needs to start it. */
export async function startPgBouncer(serverUrl: string, poolSize = 20): Promise<PgBouncer> {
  const program = findProgram(PROGRAMS);
  if (program === undefined) throw new Error('pgbouncer is not installed');
  const account = await findAccount();
  const folder = await makeFolder(account, undefined);
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const port = await findFreePort();
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (account.uid !== undefined) chownSync(file, account.uid, account.gid);
    return file;
  };
  const users = write('users.txt', `"${username}" "${decodeURIComponent(password)}"\n`);
  const configuration = write(
    'pgbouncer.ini',
    [
      '[databases]',
      `* = host=${hostname} port=${serverPort}`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1`,
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      `default_pool_size = ${poolSize}`,
      'max_client_conn = 2000',
      '',
    ].join('\n'),
  );
  let child: ChildProcess | undefined;
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const kill = () => child?.kill('SIGKILL');
  process.once('exit', kill);
  const start = async () => {
    child = spawn(program, ['-q', configuration], { ...account, cwd: folder, stdio: 'ignore' });
    await waitFor(() => accepts(port), { message: 'PgBouncer does not start' });
  };
  const remove = async () => {
    await stop();
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  const through = (url: string) => {
    const pooled = new URL(url);
    pooled.port = String(port);
    return pooled.href;
  };
  return { through, stop, start, remove };
}

/** Skips the test if PgBouncer is not installed. With `CI=true` it throws instead. */
export function skipWithoutPgBouncer(t: TestContext): boolean {
  if (findProgram(PROGRAMS) !== undefined) return false;
  assert.ok(!process.env.CI, 'CI must test with PgBouncer: install pgbouncer');
  t.skip('NOT TESTED WITH PGBOUNCER: it is not installed');
  return true;
}
