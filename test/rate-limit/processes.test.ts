import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';

const PROCESSES = 4;
/** Requests to each process: half of what one process allows by itself, twice what all of them allow together. */
const REQUESTS = 30;
/** On a loaded machine Redis may miss its time limit, and a process then counts by itself for a moment. */
const MAX_TRIES = 10;

async function createToken(databaseUrl: string, plan: string): Promise<string> {
  const create = ['token', 'create', '--name', plan, '--scope', 'users:read', '--plan', plan];
  return (await runCli(create, { DATABASE_URL: databaseUrl })).stdout.trim();
}

function get({ url }: ServerProcess, token: string): Promise<Response> {
  return fetch(`${url}/users`, { headers: { authorization: `Bearer ${token}` } });
}

/** Sends requests to all processes at once, and returns the statuses of the responses. */
async function getAtOnce(servers: ServerProcess[], token: string): Promise<number[]> {
  const sent = Array.from({ length: REQUESTS }, () => servers.map((server) => get(server, token)));
  return (await Promise.all(sent.flat())).map(({ status }) => status);
}

/** Waits until each process counts the requests to the processes before it. */
async function waitUntilShared(servers: ServerProcess[], token: string): Promise<void> {
  const isShared = async () => {
    const left: number[] = [];
    for (const server of servers) left.push(Number((await get(server, token)).headers.get('x-ratelimit-remaining')));
    return left.every((remaining, i) => remaining === (left[0] as number) - i);
  };
  await waitFor(isShared, { timeoutMs: 30_000, message: 'the processes do not share their counts' });
}

/** How often a process has lost Redis, once the log has every request so far. */
async function countOutages(servers: ServerProcess[], requests: number): Promise<number> {
  const count = ({ log }: ServerProcess, text: string) => log.filter(({ msg }) => String(msg).startsWith(text)).length;
  const isLogged = () => servers.every((server) => count(server, 'request') >= requests);
  await waitFor(isLogged, { message: 'the log lacks requests' });
  return servers.reduce((sum, server) => sum + count(server, 'Redis unavailable'), 0);
}

function startAll(t: TestContext, databaseUrl: string, redisUrl: string): Promise<ServerProcess[]> {
  const plans = ['--plans', 'basic=60/10000,enterprise=100000/1000000'];
  const args = ['--host', '127.0.0.1', '--redis-url', redisUrl, ...plans];
  return Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const server = await startServer({ databaseUrl, command: 'serve', args });
      t.after(() => server.process.kill('SIGKILL'));
      return server;
    }),
  );
}

test('four processes that share Redis allow a basic token exactly 60 requests a minute', async (t) => {
  if (skipWithoutPostgres(t) || skipWithoutRedis(t)) return;
  const databaseUrl = await testDatabase(t);
  const redis = await startRedis(t);
  const servers = await startAll(t, databaseUrl, redis.url);
  const other = await createToken(databaseUrl, 'enterprise');
  // The first requests of a process are slow, so Redis may miss its time limit.
  await getAtOnce(servers, other);
  for (let tries = 1; ; tries++) {
    const token = await createToken(databaseUrl, 'basic');
    await waitUntilShared(servers, other);
    const outages = await countOutages(servers, 0);
    const statuses = await getAtOnce(servers, token);
    if ((await countOutages(servers, (tries + 1) * REQUESTS)) > outages && tries < MAX_TRIES) continue;
    assert.deepEqual(statuses.sort(), [...Array(60).fill(200), ...Array(60).fill(429)], `try ${tries}`);
    return;
  }
});
