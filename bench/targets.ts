import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, listening, type ServerProcess, spawnServer } from './server-process.ts';

/** A server that accepts requests. */
export interface Target {
  server: ServerProcess;
  /** A bearer token that it accepts; only the service looks at it. */
  token: string;
}

/** Environment variables for a server. */
export type Env = Readonly<Record<string, string>>;

export const MAIN = join(import.meta.dirname, '..', 'bin', 'task-api.js');

/** Rate limits that are counted and sent, but never reached. */
const PLANS = 'bench=1000000000/1000000000';

/** Has the length of a real one, so that all requests have the same size. */
export const ANY_TOKEN = `tmapi_1_${'x'.repeat(46)}`;

/** How new users are sent to PostgreSQL: those that arrive together in one statement, or each in its own. */
export type Statements = 'grouped' | 'single';

/** The variables of `ops/task-api.service` that limit memory. */
const MEMORY = { NODE_OPTIONS: '--max-semi-space-size=8', MALLOC_ARENA_MAX: '2' };

/** How long a request may take to be in the log, in milliseconds. */
const LOG_TIMEOUT_MS = 2_000;

/** Starts one of the programs in `servers/`, which get the port and the name of a file in `folder`. */
export async function startProgram(
  name: 'bare' | 'canned' | 'express',
  folder: string,
  env: Env = {},
): Promise<Target> {
  const program = join(import.meta.dirname, 'servers', `${name}.ts`);
  const port = await findFreePort();
  const server = spawnServer(folder, port, [program, String(port), join(folder, 'bench.db')], { env });
  await listening(server);
  return { server, token: ANY_TOKEN };
}

/**
 * As in production: a token that was issued, rate limits, and the request log in a file. The database is `bench.db` in the
 * folder, a new one unless it is there.
 */
export async function startOurs(folder: string, env: Env = {}): Promise<Target> {
  const settings = ['--database-url', `file:${join(folder, 'bench.db')}`, '--plans', PLANS];
  const token = createToken(settings);
  const port = await findFreePort();
  const address = ['--host', '127.0.0.1', '--port', String(port), '--log-level', 'info'];
  const server = spawnServer(folder, port, [MAIN, 'serve', ...address, ...settings], { env: { ...MEMORY, ...env } });
  await listening(server);
  await checkFeatures(server, token);
  return { server, token };
}

/**
 * The same on PostgreSQL, with new users carried together as the service does it, or each in a statement of its own.
 *
 * @param url of a database.
 */
export async function startOnPostgres(statements: Statements, url: string, folder: string): Promise<Target> {
  const token = createToken(['--database-url', url, '--plans', PLANS]);
  const port = await findFreePort();
  const program = join(import.meta.dirname, 'servers', 'postgres.ts');
  const server = spawnServer(folder, port, [program, String(port), url, PLANS, statements]);
  await listening(server);
  await checkFeatures(server, token);
  return { server, token };
}

/** The service on a migrated PostgreSQL database, with these replicas. */
export async function startWithReplicas(url: string, replicas: readonly string[], folder: string): Promise<Target> {
  const settings = ['--database-url', url, '--plans', PLANS];
  const token = createToken(settings);
  const port = await findFreePort();
  const reading = replicas.length === 0 ? [] : ['--database-read-url', replicas.join(',')];
  const address = ['--host', '127.0.0.1', '--port', String(port), '--log-level', 'info'];
  const server = spawnServer(folder, port, [MAIN, 'serve', ...address, ...settings, ...reading], { env: MEMORY });
  await listening(server);
  await checkFeatures(server, token);
  return { server, token };
}

/** A token that may do everything, with rate limits that are counted and sent, but never reached. */
function createToken(settings: readonly string[]): string {
  const create = ['token', 'create', '--name', 'bench', '--scope', 'admin', '--plan', 'bench'];
  return execFileSync(process.execPath, [MAIN, ...create, ...settings], {
    encoding: 'utf8',
    // Its standard error becomes part of the message if it fails.
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** Checks that authentication, rate limits and the log are on, as the report says. */
async function checkFeatures({ port, logFile }: ServerProcess, token: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/users/${Number.MAX_SAFE_INTEGER}`;
  const stranger = await fetch(url);
  const friend = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const limit = friend.headers.get('x-ratelimit-limit');
  if (stranger.status !== 401 || friend.status !== 404 || limit !== '1000000000') {
    throw new Error(`authentication or limits are not on: ${stranger.status}, ${friend.status}, limit ${limit}`);
  }
  // A request is logged after its response.
  const deadline = performance.now() + LOG_TIMEOUT_MS;
  while (!readFileSync(logFile, 'utf8').includes('"msg":"request"')) {
    if (performance.now() > deadline) throw new Error('the requests are not logged');
    await sleep(20);
  }
}
