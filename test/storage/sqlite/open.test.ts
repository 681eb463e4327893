import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { StoreUnusable } from '../../../src/domain/outcomes.ts';
import { EmailTaken } from '../../../src/domain/users.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { latestVersion } from '../../../src/storage/sqlite/migrate.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { ACTOR, created } from '../../support/created.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const clock = () => 1_700_000_000_000;
const JOHN = {
  firstName: 'John',
  lastName: 'Doe',
  contactEmail: 'john@example.com',
  contactEmailKey: 'john@example.com',
};

test('a new file has the settings for durability', (t) => {
  const db = openDatabase(join(tempFolder(t), 'new', 'folder', 'test.db'));
  const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  assert.deepEqual([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys')], ['wal', 2, 1]);
  db.close();
});

test('deleted values are not readable in a closed file', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const store = openSqliteStore({ file, clock });
  const marker = 'legible-text';
  for (let n = 0; n < 200; n++) {
    const contactEmail = `${marker}${n}@example.com`;
    const user = { firstName: marker, lastName: marker, contactEmail, contactEmailKey: contactEmail };
    const { userId } = created(await store.users.create(user, ACTOR));
    await store.users.update(userId, { lastName: `${marker}-changed` }, ACTOR);
  }
  assert.ok(`${readFileSync(file)}${readFileSync(`${file}-wal`)}`.includes(marker));
  for (let userId = 1; userId <= 200; userId++) assert.equal(await store.users.delete(userId, ACTOR), true);
  await store.close();
  assert.ok(!readFileSync(file).includes(marker));
  assert.ok(!existsSync(`${file}-wal`));
});

test('every table is STRICT', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  await openSqliteStore({ file, clock }).close();
  const db = new DatabaseSync(file);
  const tables = db.prepare("SELECT name, strict FROM pragma_table_list WHERE type = 'table'").all();
  const own = tables.filter(({ name }) => !String(name).startsWith('sqlite_'));
  assert.ok(own.length > 0);
  for (const { name, strict } of own) assert.equal(strict, 1, String(name));
  db.close();
});

test('after a close, one file has all data', async (t) => {
  const folder = tempFolder(t);
  const store = openSqliteStore({ file: join(folder, 'test.db'), clock });
  const user = created(await store.users.create(JOHN, ACTOR));
  await store.close();
  writeFileSync(join(folder, 'copy.db'), readFileSync(join(folder, 'test.db')));
  const copy = openSqliteStore({ file: join(folder, 'copy.db'), clock });
  assert.deepEqual(await copy.users.get(user.userId), user);
  assert.equal(await copy.users.create(JOHN, ACTOR), EmailTaken);
  await copy.close();
});

function assertUnusable(file: string, message: RegExp): void {
  assert.throws(
    () => openSqliteStore({ file, clock }),
    (error: Error) => {
      assert.ok(error instanceof StoreUnusable, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    },
  );
}

test('a file that is not a database is rejected and unchanged', (t) => {
  const file = join(tempFolder(t), 'notes.txt');
  writeFileSync(file, 'These are my notes. '.repeat(100));
  assertUnusable(file, /notes\.txt is not a SQLite database$/);
  assert.equal(readFileSync(file, 'utf8'), 'These are my notes. '.repeat(100));
});

test('a database of another program is rejected', (t) => {
  const file = join(tempFolder(t), 'other.db');
  const db = new DatabaseSync(file);
  db.exec('CREATE TABLE theirs (x)');
  db.close();
  const before = readFileSync(file);
  assertUnusable(file, /other\.db is a SQLite database of another program$/);
  assert.deepEqual(readFileSync(file), before, 'it is left as it is');
});

test('a database that is newer than the program is rejected', async (t) => {
  const file = join(tempFolder(t), 'newer.db');
  await openSqliteStore({ file, clock }).close();
  const db = new DatabaseSync(file);
  const newer = latestVersion() + 1;
  db.exec(`INSERT INTO task_api_migrations VALUES (${newer}, 'x', NULL); PRAGMA user_version = ${newer}`);
  db.close();
  assertUnusable(file, /was migrated by a later version of this program, which is version \d/);
});

test('a file whose user_version differs from its record is rejected', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  await openSqliteStore({ file, clock }).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 1');
  db.close();
  assertUnusable(file, /records migrations up to \d+, but its user_version is 1: restore it from a backup$/);
});

test('ping detects a damaged file', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const store = openSqliteStore({ file, clock });
  await store.ping();
  await store.close();
  const damaged = openSqliteStore({ file, clock });
  writeFileSync(file, Buffer.alloc(8192, 1));
  await assert.rejects(damaged.ping());
  await damaged.close();
});

test('a folder that cannot be created, or is where the file should be, is rejected', (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'file'), '');
  assertUnusable(join(folder, 'file', 'sub', 'test.db'), /^the folder .*sub cannot be created \(ENOTDIR\)$/);
  assertUnusable('/proc/none/test.db', /^the folder \/proc\/none cannot be created \(\w+\)$/);
  assertUnusable(folder, /cannot be opened and written/);
});
