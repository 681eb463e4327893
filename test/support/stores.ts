import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { Store } from '../../src/domain/store.ts';
import { PostgresStore } from '../../src/storage/postgres/postgres-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/storage/sqlite/sqlite-store.ts';
import { engineOf } from './both-databases.ts';
import { run, testDatabase } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';

/** A new database that is gone when the test ends. */
export interface TestDatabase {
  /** Its file, on SQLite. */
  file: string;
  /** Opens it as one more process does, until the test ends. */
  open: (options?: Partial<SqliteStoreOptions>) => Store;
  /** As {@link open}, but the test closes it. */
  openToClose: (options?: Partial<SqliteStoreOptions>) => Store;
  /** Its URL, as `DATABASE_URL` takes it. */
  databaseUrl: string;
  /** Sends a statement past every store. */
  sql: (statement: string) => Promise<void>;
}

/**
 * A database with the newest schema, on the engine that the test is to run on: see `both-databases.ts`.
 *
 * @param clock the time, in milliseconds since the epoch.
 */
export async function newDatabase(t: TestContext, clock: () => number): Promise<TestDatabase> {
  const opened: Store[] = [];
  // Before the database's own removal, which is also done when the test ends.
  t.after(() => Promise.all(opened.map((store) => store.close())));
  const file = join(tempFolder(t), 'test.db');
  const url = engineOf(t) === 'postgres' ? await testDatabase(t) : undefined;
  const openToClose: TestDatabase['openToClose'] = (options) => {
    if (url === undefined) return openSqliteStore({ file, clock, ...options });
    return new PostgresStore({ url, clock, onError: () => undefined });
  };
  const open: TestDatabase['open'] = (options) => {
    const store = openToClose(options);
    opened.push(store);
    return store;
  };
  const sql: TestDatabase['sql'] = async (statement) => {
    if (url !== undefined) return run(url, statement);
    const db = new DatabaseSync(file, { timeout: 5_000 });
    db.exec(statement);
    db.close();
  };
  return { file, open, openToClose, databaseUrl: url ?? `file:${file}`, sql };
}
