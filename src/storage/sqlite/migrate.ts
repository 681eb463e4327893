import type { DatabaseSync } from 'node:sqlite';
import { readMigrations } from '../migrations.ts';
import { StoreUnusable } from '../store.ts';

/** Marks the file as ours (`PRAGMA application_id`): "TAPI" in ASCII. */
const APPLICATION_ID = 0x54415049;

const MIGRATIONS = new URL('migrations/', import.meta.url);

/** The version that this program brings a database to. */
export function latestVersion(): number {
  return readMigrations(MIGRATIONS).at(-1)?.version ?? 0;
}

/** The version that a database is at; 0 for an empty one. */
export function currentVersion(db: DatabaseSync): number {
  return readPragma(db, 'user_version');
}

/**
 * Brings a database up to the newest version, each step in a transaction of its own. Several processes may do so at
 * once: the second waits for the first and finds nothing left to do.
 *
 * @throws StoreUnusable when the file belongs to another program or is newer than this one. There is no way down.
 */
export function migrate(db: DatabaseSync): { from: number; to: number } {
  const migrations = readMigrations(MIGRATIONS);
  const from = checkVersion(db);
  for (const { version, sql } of migrations) {
    if (version <= from) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      if (checkVersion(db) < version) {
        db.exec(sql);
        db.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`);
      }
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
  return { from, to: currentVersion(db) };
}

/**
 * The version of a database that this program may use.
 *
 * @throws StoreUnusable when it is another program's, or newer than this one.
 */
export function checkVersion(db: DatabaseSync): number {
  const newest = latestVersion();
  // In this order: what another process migrates meanwhile is then seen as empty or as ours, never as somebody else's.
  const empty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  const version = currentVersion(db);
  const ours = readPragma(db, 'application_id') === APPLICATION_ID;
  if (!ours && !(empty && version === 0)) {
    throw new StoreUnusable(`${db.location()} is a SQLite database of another program`);
  }
  if (version > newest) {
    throw new StoreUnusable(
      `${db.location()} is at version ${version}, this program knows versions up to ${newest}: use the newer program`,
    );
  }
  return version;
}

function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return db.prepare(`PRAGMA ${name}`).get()?.[name] as number;
}
