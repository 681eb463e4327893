import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Logger } from 'pino';
import { type DatabaseConfig, directUrlOf } from '../config/database.ts';
import type { Store } from '../domain/store.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { openDatabase } from '../storage/sqlite/database.ts';
import { translateOpenError } from '../storage/sqlite/errors.ts';
import {
  checkVersion,
  type MigrationPlan,
  migrate as migrateSqlite,
  planCreation,
  planMigration as planSqliteMigration,
} from '../storage/sqlite/migrate.ts';
import { traceStore } from '../tracing/traced-store.ts';
import type { Tracing } from '../tracing/tracing.ts';

// The adapters are imported when they are used: both together are most of what a short command would load.

/** The minimum time between two log lines about connections that fail while idle. */
const CONNECTION_LOG_INTERVAL_MS = 10_000;

/**
 * Opens the configured database and updates its schema.
 *
 * @param logger of a server: receives problems that occur between requests, such as failed connections.
 * @param metrics records the work of the database.
 * @param tracing records the calls of the repositories and the commits.
 * @throws StoreUnusable if the database cannot be used.
 */
export async function openStore(
  database: DatabaseConfig,
  clock: () => number,
  logger?: Logger,
  metrics?: Metrics,
  tracing?: Tracing,
): Promise<Store> {
  const store = await openUntraced(database, { clock, logger, metrics, tracing });
  const system = database.engine === 'sqlite' ? 'sqlite' : 'postgresql';
  return tracing === undefined ? store : traceStore(store, system, tracing);
}

interface OpenOptions {
  clock: () => number;
  logger: Logger | undefined;
  metrics: Metrics | undefined;
  tracing: Tracing | undefined;
}

async function openUntraced(database: DatabaseConfig, options: OpenOptions): Promise<Store> {
  const { clock, logger } = options;
  if (database.engine === 'sqlite') {
    const { openSqliteStore } = await import('../storage/sqlite/sqlite-store.ts');
    const server = logger && { logger, onSyncFailure: stopProcess, manyWrites: true };
    return openSqliteStore({ file: database.file, ...options, ...server });
  }
  let loggedAt = Number.NEGATIVE_INFINITY;
  const onError = (error: Error) => {
    // A server that stops closes all connections at once.
    if (clock() - loggedAt < CONNECTION_LOG_INTERVAL_MS) return;
    loggedAt = clock();
    logger?.warn({ err: error }, 'database connection failed');
  };
  const { openPostgresStore } = await import('../storage/postgres/postgres-store.ts');
  // Commands read what the server has just written.
  const replicas = logger && database.replicas;
  return openPostgresStore({ url: database.url, directUrl: database.directUrl, replicas, onError, ...options });
}

/** As after every unexpected error, the server logs it and exits with 1. */
function stopProcess(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/**
 * Reads the schema version of the configured database, and changes nothing.
 *
 * @returns 0 if the database is empty or does not exist.
 * @throws StoreUnusable if it cannot be read.
 */
export async function readVersion(database: DatabaseConfig): Promise<number> {
  return (await planMigration(database)).from;
}

/**
 * What {@link migrateDatabase} would do to the configured database. Changes nothing.
 *
 * @throws StoreUnusable if the database cannot be read, or not be used by this program.
 */
export async function planMigration(database: DatabaseConfig): Promise<MigrationPlan> {
  if (database.engine === 'postgres') {
    const postgres = await import('../storage/postgres/migrate.ts');
    return postgres.planMigration(directUrlOf(database));
  }
  if (!existsSync(database.file)) return planCreation();
  try {
    const db = new DatabaseSync(database.file, { readOnly: true });
    try {
      return planSqliteMigration(db);
    } finally {
      db.close();
    }
  } catch (error) {
    throw translateOpenError(error, database.file);
  }
}

/**
 * Updates the schema of the configured database.
 *
 * @throws StoreUnusable if the database cannot be used.
 */
export async function migrateDatabase(database: DatabaseConfig): Promise<{ from: number; to: number }> {
  if (database.engine === 'postgres') {
    const postgres = await import('../storage/postgres/migrate.ts');
    return postgres.migrate(directUrlOf(database));
  }
  const db = openDatabase(database.file, checkVersion);
  try {
    return migrateSqlite(db);
  } catch (error) {
    throw translateOpenError(error, database.file);
  } finally {
    db.close();
  }
}
