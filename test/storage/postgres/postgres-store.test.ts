import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { StoreUnavailable, StoreUnusable } from '../../../src/domain/outcomes.ts';
import { latestVersion, migrate } from '../../../src/storage/postgres/migrate.ts';
import { createPostgresStore, openPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { ACTOR, created } from '../../support/created.ts';
import { emptyDatabase, run, skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';

const clock = () => 1_700_000_000_000;

test('a statement that takes over two seconds is given up; so is one more than may wait for a connection', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  const store = createPostgresStore({ url, clock, onError: () => undefined });
  t.after(() => store.close());
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN; LOCK TABLE users');
  // More than there are connections.
  const reads = await Promise.allSettled(Array.from({ length: 30 }, () => store.users.get(1)));
  for (const read of reads) assert.ok(read.status === 'rejected' && read.reason instanceof StoreUnavailable);
  await assert.rejects(store.ping(), StoreUnavailable);
  await other.end();
  assert.equal(await store.users.get(1), undefined);
});

test('long lists, of however many tokens, leave the connections of everything else alone', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  const store = createPostgresStore({ url, clock, onError: () => undefined });
  t.after(() => store.close());
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  // Every list waits for the lock, and is long for that.
  await other.query('BEGIN; LOCK TABLE users');
  const query = {
    sort: [
      { field: 'firstName' as const, descending: false },
      { field: 'lastName' as const, descending: true },
      { field: 'userId' as const, descending: true },
    ],
    ...{ filter: {}, from: { offset: 0 }, limit: 20, count: false },
  };
  const lists = Array.from({ length: 60 }, (_, i) => store.users.list({ ...query, caller: i % 6 }));
  assert.equal(await store.tasks.get(1), undefined);
  await other.end();
  for (const { items } of await Promise.all(lists)) assert.deepEqual(items, []);
});

test('ten processes that start at once on an empty database migrate it once', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  const results = await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
  assert.deepEqual(results.map(({ from }) => from).sort(), [0, ...Array(9).fill(latestVersion)]);
  for (const { to } of results) assert.equal(to, latestVersion);
});

test('a database that is newer than the program is rejected, and one that cannot be reached', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  await migrate(url);
  await run(url, `INSERT INTO task_api_migrations VALUES (${latestVersion + 1}, 'x')`);
  const open = (where: string) => openPostgresStore({ url: where, clock, onError: () => undefined });
  await assert.rejects(open(url), (error: Error) => {
    return (
      error instanceof StoreUnusable &&
      /was migrated by a later version of this program, which is version \d/.test(error.message)
    );
  });
  await assert.rejects(open('postgres://me:secret@127.0.0.1:1/none'), (error: Error) => {
    return error instanceof StoreUnusable && /ECONNREFUSED/.test(error.message) && !error.message.includes('secret');
  });
});

test('the deletion of a user with very many tasks may take longer than other statements', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  await migrate(url);
  // As long as a few hundred thousand tasks take.
  await run(
    url,
    `CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3.2); RETURN OLD; END';
     CREATE TRIGGER slowly BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION take_long()`,
  );
  const store = createPostgresStore({ url, clock, onError: () => undefined });
  t.after(() => store.close());
  const contactEmail = 'john@example.com';
  const john = { firstName: 'John', lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
  const { userId } = created(await store.users.create(john, ACTOR));
  assert.equal(await store.users.delete(userId, ACTOR), true);
  assert.equal(await store.users.get(userId), undefined);
});
