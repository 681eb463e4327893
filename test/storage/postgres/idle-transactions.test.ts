import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/outcomes.ts';
import { Database } from '../../../src/storage/postgres/database.ts';
import { skipWithoutPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts';
import { run, skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';

function openDatabase(t: TestContext, url: string, pooled: boolean): Database {
  const database = new Database(url, () => undefined, { pooled });
  t.after(() => database.close());
  return database;
}

async function readTimeout(database: Database): Promise<unknown> {
  const text = "SELECT current_setting('idle_in_transaction_session_timeout')";
  const [row] = await database.transaction((client) => client.query({ text }));
  return row?.[0];
}

test('the server ends a transaction without a statement for five seconds, also behind a pooler', async (t) => {
  if (skipWithoutPostgres(t) || skipWithoutPgBouncer(t)) return;
  const direct = await testDatabase(t);
  const pgBouncer = await startPgBouncer(direct, 3);
  t.after(() => pgBouncer.remove());
  assert.equal(await readTimeout(openDatabase(t, direct, false)), '5s');
  const pooled = openDatabase(t, pgBouncer.through(direct), true);
  assert.equal(await readTimeout(pooled), '5s');
  assert.deepEqual(await pooled.query({ text: 'SHOW idle_in_transaction_session_timeout' }), [['0']]);
});

test('a process that hangs in a transaction loses its locks, and gets an error that makes the request a 503', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await testDatabase(t);
  await run(url, 'CREATE TABLE counters AS SELECT 1 AS value');
  const [hanging, other] = [openDatabase(t, url, false), openDatabase(t, url, false)];
  const hung = hanging.transaction(async (client) => {
    await client.query({ text: 'SET LOCAL idle_in_transaction_session_timeout = 50' });
    await client.query({ text: 'UPDATE counters SET value = 10' });
    // Meanwhile, another process waits for the lock.
    await other.query({ text: 'UPDATE counters SET value = value + 1' });
    await client.query({ text: 'UPDATE counters SET value = 20' });
  });
  await assert.rejects(hung, StoreUnavailable);
  assert.deepEqual(await other.query({ text: 'SELECT value FROM counters' }), [[2]]);
});
