import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { runCli } from '../support/cli.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';

const PROCESSES = 4;
/** How many requests each process gets: half of what one alone would allow, twice what they allow together. */
const REQUESTS = 30;
/** How long the processes may take until they count together, in milliseconds. */
const PATIENCE = 10_000;

async function createToken(databaseUrl: string, plan: string): Promise<string> {
  const create = ['token', 'create', '--name', plan, '--scope', 'users:read', '--plan', plan];
  return (await runCli(create, { DATABASE_URL: databaseUrl })).stdout.trim();
}

function get({ url }: ServerProcess, token: string): Promise<Response> {
  return fetch(`${url}/users`, { headers: { authorization: `Bearer ${token}` } });
}

/** Sends requests to all processes at once; the statuses of their answers. */
async function getAtOnce(servers: ServerProcess[], token: string): Promise<number[]> {
  const sent = Array.from({ length: REQUESTS }, () => servers.map((server) => get(server, token)));
  return (await Promise.all(sent.flat())).map(({ status }) => status);
}

/** Waits until each process sees the requests of those before it. */
async function untilShared(servers: ServerProcess[], token: string): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (true) {
    const left: number[] = [];
    for (const server of servers) left.push(Number((await get(server, token)).headers.get('x-ratelimit-remaining')));
    if (left.every((remaining, i) => remaining === (left[0] as number) - i)) return;
    assert.ok(performance.now() < deadline, `they do not count together: ${left}`);
    await wait(10);
  }
}

function startAll(t: TestContext, databaseUrl: string, redisUrl: string): Promise<ServerProcess[]> {
  const args = ['--host', '127.0.0.1', '--redis-url', redisUrl];
  return Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const server = await startServer({ databaseUrl, command: 'serve', args });
      t.after(() => server.process.kill('SIGKILL'));
      return server;
    }),
  );
}

test('four server processes, requests to all of them at once: a basic token gets exactly 60 a minute', async (t) => {
  if (skipWithoutPostgres(t) || skipWithoutRedis(t)) return;
  const databaseUrl = await testDatabase(t);
  const redis = await startRedis(t);
  const [basic, other] = await Promise.all(['basic', 'enterprise'].map((plan) => createToken(databaseUrl, plan)));
  const servers = await startAll(t, databaseUrl, redis.url);
  await untilShared(servers, other as string);
  // Also warms the processes up: one that is slow to ask Redis counts by itself.
  await getAtOnce(servers, other as string);
  const statuses = await getAtOnce(servers, basic as string);
  assert.deepEqual(statuses.sort(), [...Array(60).fill(200), ...Array(60).fill(429)]);
});
