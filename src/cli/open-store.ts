import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import type { DatabaseConfig } from '../config/database.ts';
import type { Store } from '../domain/store.ts';
import { migrate as migratePostgres, readVersion as readPostgresVersion } from '../storage/postgres/migrate.ts';
import { openPostgresStore } from '../storage/postgres/postgres-store.ts';
import { openDatabase } from '../storage/sqlite/database.ts';
import { translateOpenError } from '../storage/sqlite/errors.ts';
import { checkVersion, migrate as migrateSqlite } from '../storage/sqlite/migrate.ts';
import { openSqliteStore } from '../storage/sqlite/sqlite-store.ts';

/** How often failures of connections that nobody uses are logged at most, in milliseconds. */
const CONNECTION_LOG_INTERVAL_MS = 10_000;

/**
 * Opens the configured database and brings it to the newest version.
 *
 * @param logger told of what happens to the database between requests, such as connections that fail.
 * @throws StoreUnusable when it cannot be used.
 */
export async function openStore(database: DatabaseConfig, clock: () => number, logger?: Logger): Promise<Store> {
  if (database.engine === 'sqlite') return openSqliteStore({ file: database.file, clock, logger });
  let loggedAt = Number.NEGATIVE_INFINITY;
  const onError = (error: Error) => {
    // A server that stops ends all connections at once.
    if (clock() - loggedAt < CONNECTION_LOG_INTERVAL_MS) return;
    loggedAt = clock();
    logger?.warn({ err: error }, 'a connection to the database failed');
  };
  return openPostgresStore({ url: database.url, clock, onError });
}

/**
 * The version of the configured database; 0 if it is empty or not there. Changes nothing.
 *
 * @throws StoreUnusable when it cannot be read.
 */
export async function readVersion(database: DatabaseConfig): Promise<number> {
  if (database.engine === 'postgres') return readPostgresVersion(database.url);
  if (!existsSync(database.file)) return 0;
  try {
    const db = new DatabaseSync(database.file, { readOnly: true });
    try {
      return checkVersion(db);
    } finally {
      db.close();
    }
  } catch (error) {
    throw translateOpenError(error, database.file);
  }
}

/** Brings the configured database to the newest version, and no more. */
export async function migrateDatabase(database: DatabaseConfig): Promise<{ from: number; to: number }> {
  if (database.engine === 'postgres') return migratePostgres(database.url);
  const db = openDatabase(database.file);
  try {
    return migrateSqlite(db);
  } catch (error) {
    throw translateOpenError(error, database.file);
  } finally {
    db.close();
  }
}
