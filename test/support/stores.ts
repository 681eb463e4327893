import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Store } from '../../src/domain/store.ts';
import { createPostgresStore, type PostgresStoreOptions } from '../../src/storage/postgres/postgres-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/storage/sqlite/sqlite-store.ts';
import { engineOf } from './both-databases.ts';
import { run, serviceUrl, testDatabase } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';

export interface ExistingDatabase {
  file?: string;
  url?: string;
  replication?: Pick<PostgresStoreOptions, 'pooled' | 'replicas' | 'now' | 'logger' | 'metrics'>;
}

/** A new database that is removed when the test ends. */
export interface TestDatabase {
  /** The database file, on SQLite. */
  file: string;
  /** Opens another store on it, as another process does. It is closed when the test ends. */
  open: (options?: Partial<SqliteStoreOptions>) => Store;
  /** Like {@link open}, but the test closes the store. */
  openToClose: (options?: Partial<SqliteStoreOptions>) => Store;
  /** In the format of `DATABASE_URL`. */
  databaseUrl: string;
  /** The same without PgBouncer, if the tests run through it. */
  directUrl: string;
  /** Sends a statement, bypassing the stores. */
  sql: (statement: string) => Promise<void>;
}

/**
 * Creates a database with the newest schema, on the engine of the test: see `both-databases.ts`.
 *
 * @param clock the time, in milliseconds since the epoch.
 * @param existing a database to use instead: a file, or the URL of a migrated one on PostgreSQL, with its replicas.
 */
export async function newDatabase(
  t: TestContext,
  clock: () => number,
  existing: ExistingDatabase = {},
): Promise<TestDatabase> {
  const opened: Store[] = [];
  // Hooks run in the order of their registration: close the stores before the database is removed.
  t.after(() => Promise.all(opened.map((store) => store.close())));
  const file = existing.file ?? join(tempFolder(t), 'test.db');
  const url = existing.url ?? (engineOf(t) === 'postgres' ? await testDatabase(t) : undefined);
  if (url === undefined && existing.file === undefined) writeFileSync(file, await emptySqliteFile(), { mode: 0o600 });
  const service = url === undefined ? undefined : serviceUrl(url);
  const openToClose: TestDatabase['openToClose'] = (options) => {
    if (service === undefined) return openSqliteStore({ file, clock, ...options });
    return createPostgresStore({ ...service, ...existing.replication, clock, onError: () => undefined });
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
    // All reads of one turn of the event loop see the same state.
    await setImmediate();
  };
  const directUrl = url ?? `file:${file}`;
  return { file, open, openToClose, databaseUrl: service?.url ?? directUrl, directUrl, sql };
}

let emptyFile: Promise<Buffer> | undefined;

/** The content of a SQLite file with the newest schema and no rows: writing it is faster than migrating a new file. */
function emptySqliteFile(): Promise<Buffer> {
  emptyFile ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'task-api-'));
    try {
      const file = join(folder, 'empty.db');
      await openSqliteStore({ file, clock: () => 0 }).close();
      return readFileSync(file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  })();
  return emptyFile;
}
