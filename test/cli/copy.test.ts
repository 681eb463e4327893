import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import pg from 'pg';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { runCli } from '../support/cli.ts';
import { makeCopySource } from '../support/copy-source.ts';
import { emptyDatabase, run, skipWithoutPostgres } from '../support/postgres.ts';
import { MAIN, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const copy = (file: string, url: string, env = {}) => runCli(['copy', '--from', `file:${file}`, '--to', url], env);

/** As `test`, but only where there is PostgreSQL. */
function testOnPostgres(name: string, work: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    if (!skipWithoutPostgres(t)) await work(t);
  });
}

/** Everything that the API shows of a server's store, in several orders. */
async function readAll(url: string): Promise<unknown[]> {
  const paths = [
    '/users',
    '/users?_sort=lastName',
    '/tasks',
    '/tasks?_sort=-dueDate',
    '/tasks?_sort=taskTitle',
    '/audit?_perPage=100',
    '/webhooks',
    '/webhooks/1/deliveries',
    '/webhooks/1/deliveries/1',
  ];
  return Promise.all(paths.map((path) => get(`${url}${path}`, 'your-token-here')));
}

async function get(url: string, token: string): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200, url);
  return { etag: response.headers.get('etag'), body: await response.json() };
}

describe('copy', { concurrency: 2 }, () => {
  testOnPostgres('carries everything over: the API shows the same, tokens are valid, ids go on', async (t) => {
    const { file, tokens } = await makeCopySource(t);
    const url = await emptyDatabase(t);
    // The password from the environment, as people keep it out of the list of processes.
    const withoutPassword = url.replace(':postgres@', '@');
    const { code, stdout, stderr } = await copy(file, withoutPassword, { PGPASSWORD: 'postgres' });
    assert.equal(code, 0, stderr);
    const { host, pathname } = new URL(url);
    assert.ok(stdout.startsWith(`${file} is copied to postgres://${host}${pathname}: 9 users, `), stdout);
    for (const count of ['9 tasks', '2 user_identities', '75 changes', '6 webhook_deliveries', '0 emails']) {
      assert.ok(stdout.includes(`, ${count}`), `${count} in ${stdout}`);
    }
    assert.ok(stdout.endsWith('; counts and checksums are equal.\n'), stdout);
    assert.match(stderr, /^copying users: 100%, 9 of 9 rows$/m);
    assert.match(stderr, /^tasks: 9 rows on both sides, SHA-256 [0-9a-f]{64}$/m);
    assert.ok(!stderr.includes('\r') && !stderr.includes('\u001b'), 'plain lines');

    const again = await copy(file, url);
    assert.equal(again.code, 1);
    assert.match(
      again.stderr,
      /^task-api: postgres:\S+ already has rows in the table users; copy into a new, empty .*\n$/,
    );

    // Before a token is used, which each server notes in its own store.
    const lists = [url, `file:${file}`].map((one) => runCli(['token', 'list', '--database-url', one]));
    const [inCopy, inSource] = await Promise.all(lists);
    assert.equal(inCopy?.stdout, inSource?.stdout);

    const [before, after] = await Promise.all([startServer({ databaseFile: file }), startServer({ databaseUrl: url })]);
    t.after(() => Promise.all([before.stop(), after.stop()]));
    assert.deepEqual(await readAll(after.url), await readAll(before.url));
    for (const token of [tokens.bound, tokens.service]) {
      assert.deepEqual(await get(`${after.url}/users/1`, token), await get(`${before.url}/users/1`, token));
    }

    const created = await fetch(`${after.url}/users`, {
      method: 'POST',
      headers: { authorization: 'Bearer your-token-here', 'content-type': 'application/json' },
      body: JSON.stringify({ firstName: 'New', lastName: 'User', contactEmail: 'new@example.com' }),
    });
    assert.equal(((await created.json()) as { userId: number }).userId, 12, 'two users were deleted after the ninth');
    assert.deepEqual(await indexesOf(url), await indexesOf(process.env.TEST_POSTGRES_TEMPLATE_URL as string));
  });

  testOnPostgres('killed in the middle it goes on where it was, and nothing serves the half', async (t) => {
    const total = 30_000;
    const file = await makeLargeSource(t, total);
    const url = await emptyDatabase(t);
    const stopped = await killInTheMiddle(file, url);
    assert.ok(stopped > 0 && stopped < total, `${stopped} of ${total} rows`);
    const commands = [['serve'], ['doctor']];
    const results = commands.map((args) => runCli([...args, '--database-url', url]));
    for (const { code, stdout, stderr } of await Promise.all(results)) {
      assert.equal(code, 1);
      assert.match(stdout + stderr, /the copy into this database is not finished; run the same `copy` command again/);
    }
    const { code, stdout, stderr } = await copy(file, url);
    assert.equal(code, 0, stderr);
    assert.match(stderr, new RegExp(`^copying tasks: \\d+%, ${stopped} of ${total} rows$`, 'm'));
    assert.match(stdout, new RegExp(`: 1 users, ${total} tasks(?:, 0 [a-z_]+)+; counts and checksums are equal\\.\n$`));
  });

  testOnPostgres('a row that is another one in the copy is noticed', async (t) => {
    const { file } = await makeCopySource(t);
    const url = await emptyDatabase(t);
    await migrate(url);
    await run(
      url,
      `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.warning_offset := 7; RETURN NEW; END';
       CREATE TRIGGER spoil BEFORE INSERT ON tasks FOR EACH ROW WHEN (NEW.task_id = 5) EXECUTE FUNCTION spoil()`,
    );
    const { code, stdout, stderr } = await copy(file, url);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^task-api: the table tasks of postgres:\S+ differs from its source: the checksums differ/m);
    await run(url, 'DELETE FROM tasks WHERE task_id = 5');
    assert.match((await copy(file, url)).stderr, /9 rows were to be copied, 8 are there; .*copy again/);
  });

  testOnPostgres('a conflicting row that was written during the copy is reported', async (t) => {
    const file = await makeLargeSource(t, 30_000);
    const url = await emptyDatabase(t);
    await killInTheMiddle(file, url);
    await run(
      url,
      'INSERT INTO tasks SELECT 30000, user_id, task_title, NULL, task_status, due_date, 0, 0, 1, 0 FROM tasks LIMIT 1',
    );
    const { code, stderr } = await copy(file, url);
    assert.equal(code, 1);
    assert.match(stderr, /^task-api: postgres:\S+ rejected rows \(duplicate key .*\); a database was changed/m);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  testOnPostgres('a damaged file is reported', async (t) => {
    const file = await makeLargeSource(t, 10_000);
    // Behind the pages of the schema.
    const handle = openSync(file, 'r+');
    for (let page = 80; page < 250; page++) writeSync(handle, 'damaged', page * 4096);
    closeSync(handle);
    const { code, stderr } = await copy(file, await emptyDatabase(t));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^task-api: .*large\.db cannot be read \(database disk image is malformed\); copy from a backup/m,
    );
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  testOnPostgres('a file that a service has open is rejected', async (t) => {
    const { file } = await makeCopySource(t);
    const url = await emptyDatabase(t);
    const server = await startServer({ databaseFile: file });
    t.after(() => server.stop());
    const { code, stderr } = await copy(file, url);
    assert.equal(code, 1);
    assert.match(stderr, /^task-api: .*source\.db is in use; stop the service, then run the same command again\n$/);
  });
});

const TARGET = 'postgres://me:secret@127.0.0.1:1/tasks';
const mistakes: [name: string, from: string, to: string, says: RegExp][] = [
  ['another way', TARGET, 'file:copy.db', /copy works only from SQLite to PostgreSQL/],
  ['SQLite to SQLite', 'file:a.db', 'file:b.db', /copy works only from SQLite to PostgreSQL/],
  ['no URL', 'data.db', TARGET, /--from must be a file: URL/],
  [
    'another database',
    'file:a.db',
    'mysql://me:secret@localhost/tasks',
    /--to must be .* it is "mysql:…@localhost\/tasks"/,
  ],
  ['no file', 'file:nowhere.db', TARGET, /there is no file .*nowhere\.db; name the one to copy/],
  ['another file', 'file:text.db', TARGET, /text\.db is not a SQLite database/],
  [
    'an empty file',
    'file:empty.db',
    TARGET,
    /empty\.db is at version 0; migrate it to version \d+ first: npx task-api migrate /,
  ],
  ['no server', 'file:good.db', TARGET, /PostgreSQL is not running at .*\(ECONNREFUSED\)\. Start it, or correct/],
];

for (const [name, from, to, says] of mistakes) {
  test(`copy, ${name}: one line that says what to do, no password, exit code 1`, async (t) => {
    const folder = tempFolder(t);
    writeFileSync(join(folder, 'empty.db'), '');
    writeFileSync(join(folder, 'text.db'), 'This is no database at all. '.repeat(10));
    if (from === 'file:good.db') await openSqliteStore({ file: join(folder, 'good.db'), clock: Date.now }).close();
    const resolveUrl = (url: string) => url.replace(/^file:/, `file:${folder}/`);
    const { code, stdout, stderr } = await runCli(['copy', '--from', resolveUrl(from), '--to', resolveUrl(to)]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, says);
    assert.match(stderr, /^task-api: .*\n$/);
    assert.doesNotMatch(stderr, /secret/);
    assert.ok(!existsSync(join(folder, 'nowhere.db')));
  });
}

/** A file with one user and many tasks. */
async function makeLargeSource(t: TestContext, tasks: number): Promise<string> {
  const file = join(tempFolder(t), 'large.db');
  await openSqliteStore({ file, clock: Date.now }).close();
  const db = new DatabaseSync(file);
  db.exec(
    `BEGIN;
     INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at) VALUES ('', '', '', '', 0, 0);
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tasks})
     INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at)
     SELECT 1, 'Task ' || i, 'NOT_STARTED', '2026-03-01T12:00:00Z', i, 0, 0 FROM n;
     COMMIT`,
  );
  db.close();
  return file;
}

/** Starts a copy, ends it with SIGKILL while it copies tasks, and returns how many of them are there. */
async function killInTheMiddle(file: string, url: string): Promise<number> {
  const child = spawn(process.execPath, [MAIN, 'copy', '--from', `file:${file}`, '--to', url], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const isMidway = async () => {
      const { rows } = await client.query("SELECT to_regclass('task_api_copy') IS NOT NULL AS begun");
      if (!rows[0]?.begun) return false;
      // Holds it where it is: what it does next is to change this row as well.
      await client.query('BEGIN');
      const { rows: states } = await client.query('SELECT state FROM task_api_copy FOR UPDATE');
      const copied = states[0]?.state.tables.tasks !== undefined;
      if (!copied) await client.query('ROLLBACK');
      return copied;
    };
    await waitFor(isMidway, { timeoutMs: 30_000, message: 'no task is copied' });
    child.kill('SIGKILL');
    await exited;
    await client.query('ROLLBACK');
    // The server may still carry out what the process had sent: it has ended when the lock is free.
    await client.query('SELECT pg_advisory_lock(0x434f5059)');
    const { rows } = await client.query('SELECT state FROM task_api_copy');
    return rows[0]?.state.tables.tasks.rows;
  } finally {
    await client.end();
  }
}

async function indexesOf(url: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // PostgreSQL names the indexes of partitions itself.
  const { rows } = await client.query(`
    SELECT regexp_replace(indexdef, 'INDEX \\S+ ON public.changes_', 'INDEX ON public.changes_') AS indexdef
    FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`);
  await client.end();
  return rows;
}
