import type { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from '../../domain/outcomes.ts';
import {
  type AppliedMigration,
  type Migration,
  type MigrationPlan,
  PROGRAM_RECORDED_FROM,
  PROGRAM_VERSION,
  pendingMigrations,
  readMigrations,
} from '../sql/migrations.ts';
import { areWordsCurrent, updateSearchIndexes } from './search-index.ts';

export type { MigrationPlan };

/** Identifies the files of this program (`PRAGMA application_id`): "TAPI" in ASCII. */
export const APPLICATION_ID = 0x54415049;

const migrations = readMigrations(new URL('migrations/', import.meta.url));

/** The version to which this program migrates a database. */
export function latestVersion(): number {
  return migrations.at(-1)?.version ?? 0;
}

/**
 * Migrates a database to the newest version, each migration in its own transaction. If several processes do this at the
 * same time, the first one migrates and the others wait. A database cannot be downgraded. Afterwards the words of all rows
 * are those that this program makes.
 *
 * @throws StoreUnusable if the file belongs to another program, is newer than this program, or does not record this
 *   program's migrations.
 */
export function migrate(db: DatabaseSync): { from: number; to: number } {
  const from = checkVersion(db);
  for (const migration of migrations.slice(from)) {
    inTransaction(db, 'IMMEDIATE', () => {
      if (checkVersion(db) < migration.version) apply(db, migration);
    });
  }
  updateSearchIndexes(db);
  return { from, to: checkVersion(db) };
}

/**
 * What {@link migrate} would do. Changes nothing.
 *
 * @throws StoreUnusable as {@link migrate}.
 */
export function planMigration(db: DatabaseSync): MigrationPlan {
  const from = checkVersion(db);
  const pending = migrations.slice(from);
  return { from, pending, renewsWords: pending.length === 0 && !areWordsCurrent(db) };
}

/** What {@link migrate} does to a new database. */
export function planCreation(): MigrationPlan {
  return { from: 0, pending: migrations, renewsWords: false };
}

/**
 * The version of a database that this program can use; 0 for an empty one.
 *
 * @throws StoreUnusable as {@link migrate}.
 */
export function checkVersion(db: DatabaseSync): number {
  // All reads see one snapshot, because another process may be migrating.
  return db.isTransaction ? readVersion(db) : inTransaction(db, 'DEFERRED', () => readVersion(db));
}

function readVersion(db: DatabaseSync): number {
  const empty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  const version = readPragma(db, 'user_version');
  const ours = readPragma(db, 'application_id') === APPLICATION_ID;
  if (!ours && !(empty && version === 0)) {
    throw new StoreUnusable(`${db.location()} is a SQLite database of another program`);
  }
  const applied = readApplied(db);
  pendingMigrations(String(db.location()), applied, migrations);
  const recorded = applied.at(-1)?.version ?? 0;
  if (recorded !== version) {
    throw new StoreUnusable(
      `${db.location()} records migrations up to ${recorded}, but its user_version is ${version}: restore it from a backup`,
    );
  }
  return version;
}

/** The migrations that the database records. */
function readApplied(db: DatabaseSync): AppliedMigration[] {
  if (!hasMigrationsTable(db)) return [];
  // Early versions lack the column `program`.
  return db.prepare('SELECT * FROM task_api_migrations ORDER BY version').all() as unknown as AppliedMigration[];
}

function hasMigrationsTable(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'task_api_migrations'").get() !== undefined;
}

function apply(db: DatabaseSync, { version, sql, sha256 }: Migration): void {
  if (!hasMigrationsTable(db)) {
    db.exec('CREATE TABLE task_api_migrations (version INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT');
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  }
  db.exec(sql);
  db.prepare('INSERT INTO task_api_migrations (version, sha256) VALUES (?, ?)').run(version, sha256);
  if (version >= PROGRAM_RECORDED_FROM) {
    db.prepare('UPDATE task_api_migrations SET program = ? WHERE version = ?').run(PROGRAM_VERSION, version);
  }
  db.exec(`PRAGMA user_version = ${version}`);
}

function inTransaction<T>(db: DatabaseSync, kind: 'DEFERRED' | 'IMMEDIATE', work: () => T): T {
  db.exec(`BEGIN ${kind}`);
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return db.prepare(`PRAGMA ${name}`).get()?.[name] as number;
}
