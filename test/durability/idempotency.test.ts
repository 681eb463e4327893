import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { nthUser } from './nth-user.ts';
import { seededRandom } from './random.ts';

const REQUESTS = 64;

/** When the servers of a round are killed, a round each. */
const KILLS = ['after the responses', 'between commit and response', 'at random', 'at random'] as const;

/** The first requests warm a server up: the next ones take about so much of their time. */
const WARM = 0.3;

const KILL_AFTER_COMMIT = `NODE_OPTIONS=--import=${new URL('kill-after-commit.ts', import.meta.url)}`;

const authorization = `Bearer ${DEVELOPMENT_TOKEN}`;

type Database = { databaseFile: string } | { databaseUrl: string };

interface ServerResponse {
  status: number;
  location: string | null;
  body: string;
  /** Whether it says that an earlier request created the user. */
  replayed: boolean;
}

// Starting servers is most of the time.
describe('64 requests with one key, a server that is killed, and the same again: one user and one response', {
  concurrency: true,
  timeout: 100_000,
}, () => {
  test('sqlite', async (t) => {
    await killAndSendAgain(t, { databaseFile: join(tempFolder(t), 'test.db') }, 1);
  });
  test('postgres, two processes', async (t) => {
    if (skipWithoutPostgres(t)) return;
    await killAndSendAgain(t, { databaseUrl: await testDatabase(t) }, 2);
  });
});

/** Each round has a key and a user of its own, and begins with the servers that the one before it started again. */
async function killAndSendAgain(t: TestContext, database: Database, processes: number): Promise<void> {
  const seed = Number(process.env.KILL_SEED || randomInt(2 ** 31));
  t.diagnostic(`KILL_SEED=${seed}`);
  const random = seededRandom(seed);
  let servers = await startServers(t, database, processes);
  /** How long the requests took that were last sent to servers which lived, in milliseconds. */
  let duration = 0;
  for (const [round, kill] of KILLS.entries()) {
    const isRandom = kill === 'at random';
    const create = { key: `key-${round}`, body: JSON.stringify(nthUser(round)) };
    const sent = sendAll(servers, create);
    await Promise.all(
      servers.map(async ({ stop }) => {
        if (!isRandom) await responded(sent, REQUESTS);
        else if (random() < 0.5) await responded(sent, Math.floor(random() * REQUESTS));
        else await wait(random() * duration * WARM);
        await stop('SIGKILL');
      }),
    );
    const before = await responsesOf(sent);

    const dieAfterCommit = KILLS[round + 1] === 'between commit and response';
    servers = await startServers(t, database, processes, dieAfterCommit ? ['env', KILL_AFTER_COMMIT] : []);
    const start = performance.now();
    const again = await responsesOf(sendAll(servers, create));
    duration = performance.now() - start;

    const where = `KILL_SEED=${seed}, round ${round}`;
    const isKept = again.every(({ replayed }) => replayed);
    t.diagnostic(`killed ${kill}: ${before.length} responses came, the user was ${isKept ? '' : 'not '}there`);
    assert.equal(again.length, REQUESTS, where);
    const [{ location, body }] = again as [ServerResponse];
    for (const response of [...before, ...again]) {
      assert.deepEqual([response.status, response.location, response.body], [201, location, body], where);
    }
    assert.equal(await countUsers(servers[0] as ServerProcess), round + 1, where);
    if (isRandom) continue;
    assert.ok(isKept, where);
    // The other process responds while the one that created the user dies.
    const dead = kill === 'after the responses' ? 0 : REQUESTS / processes;
    assert.equal(before.length, REQUESTS - dead, where);
  }
  for (const { stop } of servers) assert.equal(await stop(), 0);
}

function startServers(
  t: TestContext,
  database: Database,
  processes: number,
  wrap: string[] = [],
): Promise<ServerProcess[]> {
  const args = ['--host', '127.0.0.1', '--plans', 'development=999999999999/999999999999'];
  return Promise.all(
    Array.from({ length: processes }, async () => {
      const server = await startServer({ ...database, args, wrap });
      t.after(() => server.process.kill('SIGKILL'));
      return server;
    }),
  );
}

/** Sends the same request at once, to each server in turn. A response that does not come is undefined. */
function sendAll(
  servers: ServerProcess[],
  { key, body }: { key: string; body: string },
): Promise<ServerResponse | undefined>[] {
  const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': key };
  return Array.from({ length: REQUESTS }, async (_, i) => {
    const { url } = servers[i % servers.length] as ServerProcess;
    try {
      const response = await fetch(`${url}/users`, { method: 'POST', headers, body });
      return {
        status: response.status,
        location: response.headers.get('location'),
        body: await response.text(),
        replayed: response.headers.has('idempotency-replayed'),
      };
    } catch {
      return undefined;
    }
  });
}

async function responsesOf(sent: Promise<ServerResponse | undefined>[]): Promise<ServerResponse[]> {
  return (await Promise.all(sent)).filter((response) => response !== undefined);
}

/** Fulfilled when so many of the requests have their response, or will not get one. */
function responded(sent: Promise<unknown>[], count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    if (left === 0) resolve();
    for (const one of sent) {
      one.then(() => {
        if (--left === 0) resolve();
      });
    }
  });
}

async function countUsers({ url }: ServerProcess): Promise<number> {
  const response = await fetch(`${url}/users`, { headers: { authorization, prefer: 'count=exact' } });
  return Number(response.headers.get('x-total-count'));
}
