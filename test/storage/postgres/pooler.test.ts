import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { migrate } from '../../../src/storage/postgres/migrate.ts';
import { openPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { runCli } from '../../support/cli.ts';
import { ACTOR, created } from '../../support/created.ts';
import { JOHN, REPORT } from '../../support/examples.ts';
import { type PgBouncer, skipWithoutPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts';
import { emptyDatabase, run, skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';
import { startServer } from '../../support/server-process.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

const HEADERS = { authorization: 'Bearer your-token-here', 'content-type': 'application/json' };

interface Pooled {
  /** Of the server. */
  direct: string;
  /** Of PgBouncer, in transaction mode. */
  pooled: string;
  pgBouncer: PgBouncer;
}

/** A database behind PgBouncer, which has three connections to it: fewer than the service opens. */
async function pooledDatabase(t: TestContext, direct: string): Promise<Pooled> {
  const pgBouncer = await startPgBouncer(direct, 3);
  t.after(() => pgBouncer.remove());
  return { direct, pooled: pgBouncer.through(direct), pgBouncer };
}

const isSkipped = (t: TestContext) => skipWithoutPostgres(t) || skipWithoutPgBouncer(t);

/** The names of settings that a statement through PgBouncer has left in one of its sessions, and of prepared statements. */
async function leftInSessions(pooled: string): Promise<unknown[]> {
  const clients = Array.from({ length: 3 }, () => new pg.Client(pooled));
  await Promise.all(clients.map((client) => client.connect()));
  try {
    // A transaction for each of the three connections at the same time.
    await Promise.all(clients.map((client) => client.query('BEGIN')));
    const found = await Promise.all(
      clients.map((client) =>
        client.query(`SELECT name FROM pg_settings WHERE source = 'session'
            AND name IN ('statement_timeout', 'enable_parallel_append', 'lock_timeout', 'search_path')
          UNION ALL SELECT name FROM pg_prepared_statements`),
      ),
    );
    return found.flatMap(({ rows }) => rows);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

test('serve works through PgBouncer in transaction mode, and leaves nothing in its sessions', async (t) => {
  if (isSkipped(t)) return;
  const { pooled, pgBouncer } = await pooledDatabase(t, await testDatabase(t));
  const server = await startServer({ databaseUrl: pooled });
  t.after(() => server.stop('SIGKILL'));
  const send = async (method: string, path: string, body?: object) => {
    const response = await fetch(server.url + path, {
      ...{ method, headers: HEADERS },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as never };
  };
  const users = Array.from({ length: 200 }, (_, i) => ({ ...JOHN, contactEmail: `u${i}@example.com` }));
  const statuses = await Promise.all(users.map(async (user) => (await send('POST', '/users', user)).status));
  assert.deepEqual(new Set(statuses), new Set([201]));
  for (let i = 1; i <= 40; i++) {
    const responses = await Promise.all([
      ...[send('GET', `/users/${i}`), send('PATCH', `/users/${i}`, { firstName: `New ${i}` })],
      ...[send('POST', '/tasks', { ...REPORT, userId: i }), send('GET', '/users?_sort=-firstName&_perPage=5')],
      ...[send('GET', '/users?_search=new'), send('GET', '/audit'), send('GET', '/events')],
    ]);
    for (const { status, body } of responses) assert.ok(status === 200 || status === 201, JSON.stringify(body));
  }
  const exported = await fetch(`${server.url}/users`, { headers: { ...HEADERS, accept: 'application/x-ndjson' } });
  assert.equal((await exported.text()).trim().split('\n').length, 200);
  assert.deepEqual(await leftInSessions(pooled), []);

  await pgBouncer.stop();
  assert.equal((await send('GET', '/users/1')).status, 503);
  await pgBouncer.start();
  await waitFor(async () => (await send('GET', '/users/1')).status === 200, {
    message: 'the service does not recover',
  });
  assert.equal(await server.stop(), 0);
});

test('a statement that takes too long through PgBouncer is cancelled: 503', async (t) => {
  if (isSkipped(t)) return;
  const { direct, pooled } = await pooledDatabase(t, await testDatabase(t));
  const store = await openPostgresStore({ url: pooled, clock: Date.now, onError: () => undefined });
  t.after(() => store.close());
  created(await store.users.create({ ...JOHN, contactEmailKey: JOHN.contactEmail }, ACTOR));
  const locker = new pg.Client(direct);
  await locker.connect();
  t.after(() => locker.end());
  await locker.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  const page = { from: { offset: 0 }, limit: 5, count: true, filter: {}, sort: [] };
  await assert.rejects(store.users.list(page), { name: 'StoreBusy', message: /statement timeout/ });
  await assert.rejects(store.users.get(1), { name: 'StoreUnavailable' });
  await locker.query('ROLLBACK');
  assert.equal((await store.users.get(1))?.userId, 1);
});

test('a migration needs DATABASE_DIRECT_URL; with it, serve and doctor work through PgBouncer', async (t) => {
  if (isSkipped(t)) return;
  const { direct, pooled } = await pooledDatabase(t, await emptyDatabase(t));
  const needed = /a migration needs a connection to the PostgreSQL server itself.*; set DATABASE_DIRECT_URL/;
  for (const command of ['migrate', 'serve']) {
    const { code, stderr } = await runCli([command], { DATABASE_URL: pooled, PORT: '0' });
    assert.deepEqual([code, needed.test(stderr), stderr.trim().split('\n').length], [1, true, 1], stderr);
  }
  const doctor = (variables: Record<string, string>) =>
    runCli(['doctor'], { DATABASE_URL: pooled, PORT: '0', ...variables });
  const before = await doctor({});
  assert.match(before.stdout, /^FAIL {2}\S+ leads to a pooler, and DATABASE_DIRECT_URL is not set\n {6}Set it to /m);
  assert.equal(before.code, 1);

  const variables = { DATABASE_DIRECT_URL: direct };
  const server = await startServer({ databaseUrl: pooled, args: ['--database-direct-url', direct] });
  t.after(() => server.stop('SIGKILL'));
  const body = JSON.stringify(JOHN);
  assert.equal((await fetch(`${server.url}/users`, { method: 'POST', headers: HEADERS, body })).status, 201);
  assert.equal(await server.stop(), 0);

  const found = await doctor(variables);
  assert.match(found.stdout, /^ok {4}\S+ leads to a pooler, DATABASE_DIRECT_URL to the same database without one$/m);
  assert.match((await doctor({})).stdout, /^ok {4}\S+ leads to a pooler, and DATABASE_DIRECT_URL is not set: /m);
  assert.match(
    (await doctor({ DATABASE_DIRECT_URL: pooled })).stdout,
    /^FAIL {2}DATABASE_DIRECT_URL leads to a pooler$/m,
  );
  const other = new URL('postgres', direct).href;
  await run(direct, 'SELECT 1');
  assert.match(
    (await doctor({ DATABASE_DIRECT_URL: other })).stdout,
    /^FAIL {2}DATABASE_URL and DATABASE_DIRECT_URL lead to/m,
  );
});

test('a time limit of the role or the database does not end a migration', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await emptyDatabase(t);
  const name = new URL(url).pathname.slice(1);
  await run(url, `ALTER DATABASE ${name} SET statement_timeout = '250ms'`);
  const other = new pg.Client(url);
  await other.connect();
  // Another process migrates, and this one waits for it.
  await other.query('SET statement_timeout = 0');
  await other.query('SELECT pg_advisory_lock($1)', [0x54415049]);
  const migrated = migrate(url);
  await other.query('SELECT pg_sleep(0.6); SELECT pg_advisory_unlock_all()');
  await other.end();
  assert.equal((await migrated).from, 0);
});

test('copy and backup reject a pooler', async (t) => {
  if (isSkipped(t)) return;
  const { pooled } = await pooledDatabase(t, await emptyDatabase(t));
  const folder = tempFolder(t);
  const file = join(folder, 'test.db');
  await openSqliteStore({ file, clock: Date.now }).close();
  const copied = await runCli(['copy', '--from', `file:${file}`, '--to', pooled]);
  assert.equal(copied.code, 1);
  assert.match(copied.stderr, /is a pooler; copy to the PostgreSQL server itself/);
  const dump = join(folder, 'backup.dump');
  const backup = await runCli(['backup', dump], { DATABASE_URL: pooled });
  assert.equal(backup.code, 1);
  assert.match(backup.stderr, /pg_dump needs a connection to the PostgreSQL server itself/);
  assert.equal(existsSync(dump), false);
});

test('DATABASE_DIRECT_URL must be a PostgreSQL database, as DATABASE_URL', async () => {
  const password = { DATABASE_DIRECT_URL: 'postgres://user:secret@' };
  const invalid = await runCli(['migrate'], { DATABASE_URL: 'postgres://u@127.0.0.1/tasks', ...password });
  assert.match(invalid.stderr, /DATABASE_DIRECT_URL \(--database-direct-url\) must be postgres:\/\/USER/);
  assert.equal(invalid.stderr.includes('secret'), false);
  const sqlite = await runCli(['migrate'], { DATABASE_URL: 'file:x.db', DATABASE_DIRECT_URL: 'postgres://u@h/tasks' });
  assert.match(sqlite.stderr, /DATABASE_DIRECT_URL requires a PostgreSQL database in DATABASE_URL \(--database-url\)/);
});
