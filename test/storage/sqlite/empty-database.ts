import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { migrate } from '../../../src/storage/sqlite/migrate.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** A database with the newest schema and no rows. */
export function emptyDatabase(t: TestContext): DatabaseSync {
  const db = openDatabase(join(tempFolder(t), 'test.db'));
  t.after(() => db.close());
  migrate(db);
  return db;
}
