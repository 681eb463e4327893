import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { latestVersion } from '../../../src/storage/sqlite/migrate.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import {
  assertCarriedOver,
  assertPlanned,
  type EarlierVersion,
  earlierVersions,
  LAST_WITHOUT_HASHES,
} from '../earlier-versions.ts';

/** By which every version of the program knows its files: "TAPI" in ASCII. */
const APPLICATION_ID = 0x54415049;

/** A file as the program of that version left it. */
function createAt({ version, migrations, rows }: EarlierVersion, file: string): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL');
  for (const { sql } of migrations) db.exec(sql);
  if (version > LAST_WITHOUT_HASHES) {
    db.exec('CREATE TABLE task_api_migrations (version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT');
    const insert = db.prepare('INSERT INTO task_api_migrations VALUES (?, ?)');
    for (const migration of migrations) insert.run(migration.version, migration.sha256);
  }
  db.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(rows);
  db.close();
}

function inspect(file: string): object {
  const db = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string) => db.prepare(sql).all().map(Object.values);
  const found = {
    version: all('PRAGMA user_version'),
    integrity: all('PRAGMA integrity_check'),
    danglingReferences: all('PRAGMA foreign_key_check'),
  };
  db.close();
  return found;
}

/** When each task of the users who are not deleted is to be reminded of. */
function readPlans(file: string): [number, bigint | null][] {
  const db = new DatabaseSync(file, { readOnly: true });
  const select = db.prepare(
    'SELECT task_id, remind_at FROM tasks WHERE user_id IN (SELECT user_id FROM users WHERE deleted = 0)',
  );
  select.setReadBigInts(true);
  const plans = select.all() as { task_id: bigint; remind_at: bigint | null }[];
  db.close();
  return plans.map(({ task_id, remind_at }) => [Number(task_id), remind_at]);
}

for (const earlier of earlierVersions('sqlite')) {
  test(`a copy of a file at version ${earlier.version} is brought up to the newest with everything in it`, async (t) => {
    const [file, copy] = [join(tempFolder(t), 'test.db'), join(tempFolder(t), 'copy.db')];
    createAt(earlier, file);
    copyFileSync(file, copy);
    const before = Date.now();
    const store = openSqliteStore({ file: copy, clock: () => 1_800_000_000_000 });
    t.after(() => store.close());
    const sound = { integrity: [['ok']], danglingReferences: [] };
    assert.deepEqual(inspect(copy), { version: [[latestVersion()]], ...sound });
    assertPlanned(readPlans(copy), [before, Date.now()]);
    await assertCarriedOver(store, earlier);
    assert.deepEqual(inspect(file), { version: [[earlier.version]], ...sound });
  });
}
