import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { Client } from './client.ts';
import { nthUser } from './nth-user.ts';
import { strace } from './strace.ts';
import { checkSyncOrder, type SyncOrder } from './sync-order.ts';
import { parseSystemCalls } from './system-calls.ts';

const CONNECTIONS = 32;
const USERS = 320;
/** Batches that one more connection creates meanwhile. A response is small enough to be shown whole. */
const BATCHES = 8;
const USERS_PER_BATCH = 10;

/** Weakens the sync of a server: see weaken-sync.ts. */
export function weakenSync(
  how: 'left out' | 'left out of batches' | 'not waited for' | 'shown early',
): Record<string, string> {
  return { WEAKEN_SYNC: how, NODE_OPTIONS: `--import=${new URL('weaken-sync.ts', import.meta.url)}` };
}

/**
 * Creates users over 32 connections, and batches of users over one more, on a server whose system calls are traced.
 *
 * @param env more variables for the server.
 * @returns the address of everyone who was acknowledged, and what the trace says.
 */
export async function traceLoad(
  t: TestContext,
  env: Record<string, string> = {},
): Promise<{ acknowledged: string[]; order: SyncOrder }> {
  // As the kernel, and so the trace, calls it.
  const folder = realpathSync(tempFolder(t));
  const databaseFile = join(folder, 'traced.db');
  const traceFile = join(folder, 'trace');
  const plans = ['--plans', 'development=999999999999/999999999999'];
  const args = ['--host', '127.0.0.1', ...plans];
  const server = await startServer({ databaseFile, args, wrap: strace(traceFile, env) });
  // strace ends with the server that it runs, and not by SIGTERM.
  const ended = once(server.process, 'exit');
  const pid = server.log.find(({ msg }) => msg === 'listening')?.pid as number;
  t.after(() => {
    if (server.process.exitCode === null && server.process.signalCode === null) process.kill(pid, 'SIGKILL');
  });

  const acknowledged = await createUsers(server.url);
  process.kill(pid, 'SIGTERM');
  await ended;
  const calls = parseSystemCalls(readFileSync(traceFile, 'utf8'));
  return { acknowledged, order: checkSyncOrder(calls, `${databaseFile}-wal`) };
}

async function createUsers(url: string): Promise<string[]> {
  const client = new Client(url, CONNECTIONS + 1);
  const users = Array.from({ length: USERS }, (_, n) => nthUser(n));
  const acknowledged: string[] = [];
  async function keepSending(): Promise<void> {
    for (let user = users.pop(); user !== undefined; user = users.pop()) {
      const { status, body } = await client.createUser(user);
      if (status !== 201) throw new Error(`a new user got ${status} ${JSON.stringify(body)}`);
      acknowledged.push(user.contactEmail);
    }
  }
  async function sendBatches(): Promise<void> {
    for (let batch = 0; batch < BATCHES; batch++) {
      const batched = Array.from({ length: USERS_PER_BATCH }, (_, i) => nthUser(USERS + batch * USERS_PER_BATCH + i));
      const { status, body } = await client.createUsers(batched);
      if (status !== 201) throw new Error(`a batch of new users got ${status} ${JSON.stringify(body)}`);
      acknowledged.push(...batched.map(({ contactEmail }) => contactEmail));
    }
  }
  try {
    await Promise.all([sendBatches(), ...Array.from({ length: CONNECTIONS }, keepSending)]);
  } finally {
    client.close();
  }
  return acknowledged;
}
