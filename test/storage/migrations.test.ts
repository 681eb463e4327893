import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as testOnce } from 'node:test';
import { pathToFileURL } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { StoreUnusable } from '../../src/domain/outcomes.ts';
import { type Migration, pendingMigrations, readMigrations } from '../../src/storage/sql/migrations.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { runCli } from '../support/cli.ts';
import { emptyDatabase } from '../support/postgres.ts';
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

testOnBothDatabases(
  'migrate, doctor and serve name the version of the program that migrated a newer database',
  async (t) => {
    const database = await closedDatabase(t);
    await database.sql("INSERT INTO task_api_migrations VALUES (9999, 'f00d', '9.8.7')");
    if (engineOf(t) === 'sqlite') await database.sql('PRAGMA user_version = 9999');
    for (const { code, output } of await runAll(database)) {
      assert.equal(code, 1, output);
      assert.match(
        output,
        /was migrated by version 9\.8\.7 of this program, which is version \d+\.\d+\.\d+: install version 9\.8\.7 or later, or restore a backup/,
      );
    }
  },
);

testOnBothDatabases('a database records the version of the program that migrated it', async (t) => {
  const database = await closedDatabase(t);
  await database.sql(
    "INSERT INTO task_api_migrations SELECT 9999, 'f00d', program FROM task_api_migrations ORDER BY version DESC LIMIT 1",
  );
  if (engineOf(t) === 'sqlite') await database.sql('PRAGMA user_version = 9999');
  const { stderr } = await runCli(['migrate'], { DATABASE_URL: database.databaseUrl });
  assert.ok(stderr.includes(`was migrated by version ${manifest.version} of this program`), stderr);
});

testOnBothDatabases('migrate --dry-run lists the pending migrations, and changes nothing', async (t) => {
  const folder = tempFolder(t);
  const url = engineOf(t) === 'postgres' ? await emptyDatabase(t) : `file:${join(folder, 'data', 'new.db')}`;
  const preview = () => runCli(['migrate', '--dry-run'], { DATABASE_URL: url });
  const list = readMigrations(new URL(`../../src/storage/${engineOf(t)}/migrations/`, import.meta.url));
  const lines = list.map(({ version, name }) => `  ${version} ${name}\n`).join('');
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await preview();
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.endsWith(` is at version 0; migrate would apply:\n${lines}`), stdout);
  }
  assert.ok(lines.includes('  2 task filters\n'));
  assert.deepEqual(readdirSync(folder), []);
  assert.equal((await runCli(['migrate'], { DATABASE_URL: url })).code, 0);
  assert.match((await preview()).stdout, new RegExp(`^\\S+ is already at version ${list.length}\\.\n$`));
});

testOnBothDatabases('migrate --dry-run reports that the words for search would be made again', async (t) => {
  const database = await closedDatabase(t);
  await database.sql("UPDATE search_rules SET rules = 'old'");
  const run = (args: string[]) => runCli(args, { DATABASE_URL: database.directUrl });
  const words = /already at version \d+\.\nmigrate would make the words for search again\.\n$/;
  assert.match((await run(['migrate', '--dry-run'])).stdout, words);
  await run(['migrate']);
  assert.doesNotMatch((await run(['migrate', '--dry-run'])).stdout, words);
});

async function restoreRecord({ sql }: TestDatabase): Promise<void> {
  const migrations = readMigrations(new URL('../../src/storage/postgres/migrations/', import.meta.url));
  const rows = migrations.map(({ version, sha256 }) => `(${version}, '${sha256}', '${manifest.version}')`);
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
  return { version, name: `step ${version}`, sql: `SELECT ${version}`, sha256: String(version) };
}

function assertUnusable(work: () => unknown, message: RegExp): void {
  assert.throws(work, (error) => error instanceof StoreUnusable && message.test(error.message));
}
