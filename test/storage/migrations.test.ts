import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as testOnce } from 'node:test';
import { pathToFileURL } from 'node:url';
import { StoreUnusable } from '../../src/domain/outcomes.ts';
import { type Migration, pendingMigrations, readMigrations } from '../../src/storage/sql/migrations.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { runCli } from '../support/cli.ts';
import { newDatabase, type TestDatabase } from '../support/stores.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Runs `migrate`, `doctor` and `serve` on a database: what each says, and its exit code. */
async function runAll({ databaseUrl }: TestDatabase): Promise<{ code: number | null; output: string }[]> {
  const runs = ['migrate', 'doctor', 'serve'].map((command) =>
    runCli([command], { DATABASE_URL: databaseUrl, PORT: '0', HOST: '127.0.0.1' }),
  );
  return (await Promise.all(runs)).map(({ code, stdout, stderr }) => ({ code, output: stdout + stderr }));
}

/** A database at the newest version that nothing has open. */
async function closedDatabase(t: Parameters<typeof newDatabase>[0]): Promise<TestDatabase> {
  const database = await newDatabase(t, Date.now);
  await database.openToClose().close();
  // The databases of tests on PostgreSQL are used again.
  if (engineOf(t) === 'postgres') t.after(() => restoreRecord(database));
  return database;
}

testOnBothDatabases(
  'migrate, doctor and serve reject a migration whose hash differs, and name its number',
  async (t) => {
    const database = await closedDatabase(t);
    const { sql } = database;
    await sql("UPDATE task_api_migrations SET sha256 = 'f00d' || substr(sha256, 5) WHERE version = 1");
    const runs = await runAll(database);
    for (const { code, output } of runs) {
      assert.equal(code, 1, output);
      assert.match(
        output,
        /migration 1 of .* differs from that of this program \(SHA-256 f00d\w{8}… instead of \w{12}…\)/,
      );
    }
  },
);

async function restoreRecord({ sql }: TestDatabase): Promise<void> {
  const migrations = readMigrations(new URL('../../src/storage/postgres/migrations/', import.meta.url));
  const rows = migrations.map(({ version, sha256 }) => `(${version}, '${sha256}')`);
  await sql(`DELETE FROM task_api_migrations; INSERT INTO task_api_migrations VALUES ${rows.join(', ')}`);
}

testOnce('a missing or duplicate migration of the program is reported', () => {
  const program = [1, 2, 4].map(migration);
  assertUnusable(() => pendingMigrations('x', [], program), /^this program lacks migration 3: reinstall it$/);
  const twice = [1, 2, 2].map(migration);
  assertUnusable(() => pendingMigrations('x', [], twice), /^this program has two migrations 2: reinstall it$/);
});

testOnce('a database with some of the migrations needs the others', () => {
  const program = [1, 2, 3].map(migration);
  assert.deepEqual(pendingMigrations('x', [], program), program);
  assert.deepEqual(pendingMigrations('x', program.slice(0, 1), program), program.slice(1));
  assert.deepEqual(pendingMigrations('x', program, program), []);
});

testOnce('a migration that is missing in the record is reported', () => {
  const program = [1, 2, 3].map(migration);
  const applied = [program[0], program[2]] as Migration[];
  assertUnusable(
    () => pendingMigrations('x', applied, program),
    /^x is at version 3 but does not record migration 2: restore it from a backup$/,
  );
});

testOnce('the hash of a migration does not depend on its line endings', (t) => {
  const [unix, windows] = ['unix', 'windows'].map((name) => join(tempFolder(t), name)) as [string, string];
  for (const [folder, end] of [
    [unix, '\n'],
    [windows, '\r\n'],
  ] as const) {
    mkdirSync(folder);
    writeFileSync(join(folder, '0001_first.sql'), ['SELECT 1;', 'SELECT 2;', ''].join(end));
  }
  const read = (folder: string) => readMigrations(pathToFileURL(`${folder}/`));
  assert.deepEqual(read(unix), read(windows));
  assert.match(read(unix)[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
});

function migration(version: number): Migration {
  return { version, sql: `SELECT ${version}`, sha256: String(version) };
}

function assertUnusable(work: () => unknown, message: RegExp): void {
  assert.throws(work, (error) => error instanceof StoreUnusable && message.test(error.message));
}
