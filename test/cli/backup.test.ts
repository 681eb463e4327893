import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { makeCopySource } from '../support/copy-source.ts';
import { databaseForPgDump, majorVersion } from '../support/pg-dump.ts';
import { emptyDatabase, run as runSql, skipWithoutPostgres } from '../support/postgres.ts';
import { installedPrograms } from '../support/postgres-programs.ts';
import { runProgram } from '../support/run-program.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = (command: string[], file: string) => runCli([...command, '--database-url', `file:${file}`]);

async function succeed(command: string[], file: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, file);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function fail(command: string[], file: string, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(command, file);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /\n\s+at /);
}

test('a backup is one file for its owner, and compressed by its extension', async (t) => {
  const { file } = await makeCopySource(t);
  const folder = tempFolder(t);
  for (const [name, start] of [
    ['a.db', '53514c69'],
    ['a.db.zst', '28b52ffd'],
    ['a.db.gz', '1f8b'],
  ] as const) {
    assert.match(await succeed(['backup', join(folder, name)], file), / is backed up to .*: \d+ bytes\.\n$/);
    assert.ok(readFileSync(join(folder, name)).toString('hex').startsWith(start));
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    assert.match(await succeed(['verify', join(folder, name)], file), /a\.db.* has no errors: \d+ users, /);
  }
  assert.deepEqual(readdirSync(folder).sort(), ['a.db', 'a.db.gz', 'a.db.zst']);
});

test('backup rejects an existing file, a missing database and a missing directory', async (t) => {
  const { file } = await makeCopySource(t);
  const folder = tempFolder(t);
  const target = join(folder, 'a.db');
  writeFileSync(target, 'kept');
  await fail(['backup', target], file, /^task-api: .*a\.db exists and is not overwritten; choose another name\n$/);
  assert.equal(readFileSync(target, 'utf8'), 'kept');
  await fail(['backup', join(folder, 'b.db')], join(folder, 'none.db'), /there is no file .*none\.db/);
  await fail(['backup', join(folder, 'no', 'b.db')], file, /there is no directory .*no; create it first/);
  assert.deepEqual(readdirSync(folder), ['a.db']);
});

async function backedUp(t: TestContext): Promise<{ backup: string; folder: string; file: string }> {
  const { file } = await makeCopySource(t);
  const folder = tempFolder(t);
  const backup = join(folder, 'a.db.zst');
  await succeed(['backup', backup], file);
  return { backup, folder, file };
}

test('restore rejects an existing database, a running service and the rest of a database', async (t) => {
  const { backup, folder, file } = await backedUp(t);
  await fail(
    ['restore', backup],
    file,
    /source\.db exists and is not overwritten; move it to another directory first\n$/,
  );
  const server = await startServer({ databaseFile: file });
  t.after(() => server.stop());
  await fail(['restore', backup], file, /source\.db is in use; stop the service first\n$/);
  writeFileSync(join(folder, 'new.db-wal'), '');
  await fail(['restore', backup], join(folder, 'new.db'), /new\.db-wal exists; stop the service and move it/);
});

test('restore and verify reject a truncated and an incorrect backup, and leave no file', async (t) => {
  const { backup, folder, file } = await backedUp(t);
  const target = join(folder, 'restored.db');
  truncateSync(backup, statSync(backup).size - 100);
  await fail(['restore', backup], target, /a\.db\.zst cannot be read \(.*\); use another backup\n$/);
  const db = new DatabaseSync(file);
  db.exec("UPDATE users SET first_name = 'Eve' WHERE user_id = 1");
  db.close();
  const incorrect = join(folder, 'b.db');
  await succeed(['backup', incorrect], file);
  const message = /^error: user 1: firstName differs .*\nerror: user_search: .*\ntask-api: .*b\.db: 2 errors found\n$/m;
  await fail(['restore', incorrect], target, message);
  await fail(['verify', incorrect], file, message);
  assert.ok(!existsSync(target));
  assert.deepEqual(readdirSync(dirname(target)).sort(), ['a.db.zst', 'b.db']);
});

test('backup of PostgreSQL writes a file that pg_restore restores', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const url = await databaseForPgDump(t, emptyDatabase);
  if (url === undefined) return;
  const folder = tempFolder(t);
  const env = { DATABASE_URL: url };
  const issued = await runCli(['token', 'create', '--name', 'kept', '--scope', 'admin'], env);
  assert.equal(issued.code, 0, issued.stderr);
  const { code, stdout, stderr } = await runCli(['backup', '--to', folder], env);
  assert.equal(code, 0, stderr);
  const [name = ''] = readdirSync(folder);
  const database = new URL(url).pathname.slice(1);
  assert.match(name, new RegExp(`^${database}-\\d{8}T\\d{6}Z\\.dump$`));
  assert.match(
    stdout,
    new RegExp(`^postgres://127.0.0.1:\\d+/${database} is backed up to .*${name}: \\d+ bytes\\.\n$`),
  );
  await runSql(url, `CREATE DATABASE restored_${database}`);
  try {
    const restored = new URL(`restored_${database}`, url).href;
    await runProgram('pg_restore', ['--no-owner', `--dbname=${restored}`, join(folder, name)]);
    const list = (databaseUrl: string) => runCli(['token', 'list'], { DATABASE_URL: databaseUrl });
    assert.match((await list(restored)).stdout, /kept/);
    assert.deepEqual(await list(restored), await list(url));
  } finally {
    await runSql(url, `DROP DATABASE restored_${database}`);
  }
});

test('backup of PostgreSQL reports that pg_dump is missing', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const folder = tempFolder(t);
  const options = ['backup', join(folder, 'a.dump'), '--database-url', await emptyDatabase(t)];
  const { code, stdout, stderr } = await runCli(options, { PATH: folder });
  assert.deepEqual([code, stdout], [1, '']);
  assert.equal(
    stderr,
    'task-api: pg_dump is not installed; install the PostgreSQL client programs of the version of the server\n',
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('backup of PostgreSQL reports that pg_dump is too old', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const version = await majorVersion('pg_dump');
  const server = await majorVersion((await installedPrograms()).postgres);
  if (version === undefined || server === undefined || version >= server) {
    return t.skip(`pg_dump ${version} is not older than PostgreSQL ${server}`);
  }
  const folder = tempFolder(t);
  const { code, stderr } = await runCli(['backup', join(folder, 'a.dump'), '--database-url', await emptyDatabase(t)]);
  assert.equal(code, 1);
  const message = `pg_dump is of version ${version}\\.\\d+ and the server of ${server}\\.\\d+; install the PostgreSQL client programs of version ${server}`;
  assert.match(stderr, new RegExp(`^task-api: ${message}\n$`));
  assert.deepEqual(readdirSync(folder), []);
});
