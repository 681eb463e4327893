import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import { skipWithoutPostgres, testDatabase } from '../support/postgres.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { seededRandom } from './random.ts';

const ROUNDS = 5;
/** Each batch has the tasks of a user of its own. */
const TASKS_PER_BATCH = 1_000;
const USERS = 200;
/** The longest time between the first response and the kill. */
const LATEST_KILL_MS = 300;

const headers = { authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' };

type Database = { databaseFile: string } | { databaseUrl: string };

describe('a batch in which the server is killed is stored as a whole or not at all, and once when it is repeated', {
  concurrency: true,
  timeout: 150_000,
}, () => {
  test('sqlite', (t) => killInBatches(t, { databaseFile: join(tempFolder(t), 'test.db') }));
  test('postgres', async (t) => {
    if (skipWithoutPostgres(t)) return;
    await killInBatches(t, { databaseUrl: await testDatabase(t) });
  });
});

async function killInBatches(t: TestContext, database: Database): Promise<void> {
  const seed = Number(process.env.KILL_SEED || randomInt(2 ** 31));
  t.diagnostic(`KILL_SEED=${seed}`);
  const random = seededRandom(seed);
  let server = await start(t, database);
  const users = await createUsers(server);
  let next = 0;
  let stored = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged: number[] = [];
    const sent: number[] = [];
    const first = Promise.withResolvers<void>();
    const sending = sendUntilKilled(async () => {
      const userId = users[next++] as number;
      sent.push(userId);
      await createTasks(server, userId);
      acknowledged.push(userId);
      first.resolve();
    });
    await Promise.race([first.promise, sending]);
    await wait(random() * LATEST_KILL_MS);
    await server.stop('SIGKILL');
    await sending;

    server = await start(t, database);
    const where = `KILL_SEED=${seed}, round ${round}`;
    for (const userId of sent) {
      const count = await countTasks(server, userId);
      assert.ok(count === TASKS_PER_BATCH || (count === 0 && !acknowledged.includes(userId)), `${count}: ${where}`);
      if (count > 0 && !acknowledged.includes(userId)) stored++;
      const again = await createTasks(server, userId);
      assert.equal(again.headers.has('idempotency-replayed'), count > 0, where);
      assert.equal(await countTasks(server, userId), TASKS_PER_BATCH, where);
    }
    assert.ok(sent.length > acknowledged.length, 'no batch was in flight');
  }
  t.diagnostic(`${next} batches; ${stored} were stored before their response was sent`);
  assert.equal(await server.stop(), 0);
}

async function start(t: TestContext, database: Database): Promise<ServerProcess> {
  const args = ['--host', '127.0.0.1', '--plans', 'development=999999999999/999999999999'];
  const server = await startServer({ ...database, args });
  t.after(() => server.process.kill('SIGKILL'));
  return server;
}

/** Sends batches over two connections until one fails because the server was killed. */
async function sendUntilKilled(send: () => Promise<void>): Promise<void> {
  const connection = async () => {
    for (;;) {
      try {
        await send();
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        return;
      }
    }
  };
  await Promise.all([connection(), connection()]);
}

async function createUsers({ url }: ServerProcess): Promise<number[]> {
  const users = Array.from({ length: USERS }, (_, i) => ({
    ...{ firstName: 'Ann', lastName: 'Doe' },
    contactEmail: `ann${i}@example.com`,
  }));
  const response = await fetch(`${url}/users/batch`, { method: 'POST', headers, body: JSON.stringify({ users }) });
  const created: { users: { userId: number }[] } = JSON.parse(await response.text());
  return created.users.map(({ userId }) => userId);
}

async function createTasks({ url }: ServerProcess, userId: number): Promise<Response> {
  const tasks = Array.from({ length: TASKS_PER_BATCH }, (_, i) => ({
    ...{ userId, taskTitle: `Task ${i}` },
    ...{ dueDate: '2026-06-01T12:00:00Z', warningOffset: 60 },
  }));
  const response = await fetch(`${url}/tasks/batch`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': `user-${userId}` },
    body: JSON.stringify({ tasks }),
  });
  const body = await response.text();
  assert.equal(response.status, 201, body.slice(0, 500));
  return response;
}

async function countTasks({ url }: ServerProcess, userId: number): Promise<number> {
  const response = await fetch(`${url}/tasks?userId=${userId}`, { headers: { ...headers, prefer: 'count=exact' } });
  return Number(response.headers.get('x-total-count'));
}
