import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { accepts, findProgram } from './external-program.ts';
import { findFreePort } from './free-port.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];

export interface RedisServer {
  url: string;
  process: ChildProcess;
  /** Stops it; its data is lost. */
  stop: () => Promise<void>;
}

/** Starts a Redis or Valkey server, with these settings, that is stopped when the test ends. */
export async function startRedis(t: TestContext, port?: number, settings: string[] = []): Promise<RedisServer> {
  const chosen = port ?? (await findFreePort());
  const where = ['--bind', '127.0.0.1', '--port', String(chosen), '--dir', tempFolder(t)];
  const child = spawn(findProgram(PROGRAMS) as string, [...where, '--save', '', '--appendonly', 'no', ...settings], {
    stdio: 'ignore',
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(stop);
  await waitFor(() => accepts(chosen), { message: 'Redis does not start' });
  return { url: `redis://127.0.0.1:${chosen}`, process: child, stop };
}

/** Skips the test if Redis is not installed. With `CI=true` it throws instead. */
export function skipWithoutRedis(t: TestContext): boolean {
  if (findProgram(PROGRAMS) !== undefined) return false;
  assert.ok(!process.env.CI, 'CI must test with Redis: install redis-server');
  t.skip('NOT TESTED WITH REDIS: neither redis-server nor valkey-server is installed');
  return true;
}
