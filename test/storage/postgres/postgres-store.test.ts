import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { latestVersion, migrate } from '../../../src/storage/postgres/migrate.ts';
import { openPostgresStore, PostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { EmailTaken, NoSuchUser, StoreUnavailable, StoreUnusable } from '../../../src/storage/store.ts';
import { emptyDatabase, run, testDatabase, withoutPostgres } from '../../support/postgres.ts';
import { ACTOR, created } from '../../support/store.ts';

const clock = () => 1_700_000_000_000;

function newUser(n: number) {
  const contactEmail = `user${n}@example.com`;
  return { firstName: 'John', lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
}

function newTask(userId: number) {
  const dueDate = '2026-06-01T12:00:00Z';
  const text = { taskTitle: 'x', taskDescription: null, taskStatus: 'BLOCKED' as const, dueDate };
  return { userId, ...text, dueAt: 1_780_315_200_000_000n, warningOffset: 5 };
}

/** Stores with pools of their own, as several processes have them, on one database. */
function openStores(t: TestContext, url: string, count: number): PostgresStore[] {
  const stores = Array.from({ length: count }, () => new PostgresStore({ url, clock, onError: () => undefined }));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  return stores;
}

test('equal addresses in one batch: the first has it, the others are told', async (t) => {
  if (withoutPostgres(t)) return;
  const [store] = openStores(t, await testDatabase(t), 1) as [PostgresStore];
  const outcomes = await Promise.all([1, 2, 1, 3, 1, 2].map((n) => store.createUser(newUser(n), ACTOR)));
  assert.deepEqual(
    outcomes.map((outcome) => outcome === EmailTaken),
    [false, false, true, false, true, true],
  );
  for (const outcome of outcomes) {
    if (outcome === EmailTaken) continue;
    const user = created(outcome);
    assert.deepEqual(await store.getUser(user.userId), user);
  }
});

test('batches of the same addresses in opposite order on two processes: each address once, no deadlock', async (t) => {
  if (withoutPostgres(t)) return;
  const [one, other] = openStores(t, await testDatabase(t), 2) as [PostgresStore, PostgresStore];
  for (let round = 0; round < 10; round++) {
    const users = Array.from({ length: 100 }, (_, i) => newUser(round * 100 + i));
    const [first, second] = await Promise.all([
      Promise.all(users.map((user) => one.createUser(user, ACTOR))),
      Promise.all(users.toReversed().map((user) => other.createUser(user, ACTOR))),
    ]);
    const mine = first.map((outcome) => outcome !== EmailTaken);
    const theirs = second.toReversed().map((outcome) => outcome !== EmailTaken);
    assert.deepEqual(
      mine.map((won, i) => won !== theirs[i]),
      users.map(() => true),
    );
  }
});

test('tasks in one batch, some of users who do not exist: only those are refused', async (t) => {
  if (withoutPostgres(t)) return;
  const [store] = openStores(t, await testDatabase(t), 1) as [PostgresStore];
  const { userId } = created(await store.createUser(newUser(1), ACTOR));
  const outcomes = await Promise.all([userId, 77, userId, 78].map((id) => store.createTask(newTask(id), ACTOR)));
  assert.deepEqual(
    outcomes.map((outcome) => outcome === NoSuchUser),
    [false, true, false, true],
  );
});

test('a user who is deleted while tasks are created: no task is left behind, none fails otherwise', async (t) => {
  if (withoutPostgres(t)) return;
  const [one, other] = openStores(t, await testDatabase(t), 2) as [PostgresStore, PostgresStore];
  for (let round = 0; round < 10; round++) {
    const { userId } = created(await one.createUser(newUser(round), ACTOR));
    const [, ...outcomes] = await Promise.all([
      other.deleteUser(userId, ACTOR),
      ...Array.from({ length: 50 }, () => one.createTask(newTask(userId), ACTOR)),
    ]);
    for (const outcome of outcomes) {
      if (outcome !== NoSuchUser) assert.equal(await one.getTask(created(outcome).taskId), undefined);
    }
  }
});

test('a statement that takes over two seconds is given up; so is one more than may wait for a connection', async (t) => {
  if (withoutPostgres(t)) return;
  const url = await testDatabase(t);
  const [store] = openStores(t, url, 1) as [PostgresStore];
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN; LOCK TABLE users');
  // More than there are connections.
  const reads = await Promise.allSettled(Array.from({ length: 30 }, () => store.getUser(1)));
  for (const read of reads) assert.ok(read.status === 'rejected' && read.reason instanceof StoreUnavailable);
  await assert.rejects(store.ping(), StoreUnavailable);
  await other.end();
  assert.equal(await store.getUser(1), undefined);
});

test('ten processes that start at once on an empty database migrate it once', async (t) => {
  if (withoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  const results = await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
  assert.deepEqual(results.map(({ from }) => from).sort(), [0, ...Array(9).fill(latestVersion)]);
  for (const { to } of results) assert.equal(to, latestVersion);
});

test('a database that is newer than the program is refused, and one that cannot be reached', async (t) => {
  if (withoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  await migrate(url);
  await run(url, `INSERT INTO task_api_migrations VALUES (${latestVersion + 1})`);
  const open = (where: string) => openPostgresStore({ url: where, clock, onError: () => undefined });
  await assert.rejects(open(url), (error: Error) => {
    return error instanceof StoreUnusable && /is at version \d+, this program knows versions up to/.test(error.message);
  });
  await assert.rejects(open('postgres://me:secret@127.0.0.1:1/none'), (error: Error) => {
    return error instanceof StoreUnusable && /ECONNREFUSED/.test(error.message) && !error.message.includes('secret');
  });
});
