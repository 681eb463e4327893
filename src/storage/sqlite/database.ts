import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { translateOpenError } from './errors.ts';

/** How long to wait for another process that is migrating or closing the same file. */
const OPEN_LOCK_TIMEOUT_MS = 5_000;

/**
 * `synchronous = FULL` syncs the WAL at every commit. A store lowers it, because it syncs the WAL itself. The cache size is
 * 16 MiB; a negative number is in KiB. Pages beyond it are in the cache of the operating system. `secure_delete` overwrites deleted data with zeros, at no measurable cost.
 */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA trusted_schema = OFF;
  PRAGMA secure_delete = ON;
  PRAGMA cache_size = -16384;
`;

/**
 * Opens or creates the file and applies the settings. Does not migrate it.
 *
 * @param check throws if the file cannot be used. Not needed for another connection to a file that was checked.
 * @throws StoreUnusable if the file cannot be used.
 */
export function openDatabase(file: string, check?: (db: DatabaseSync) => void): DatabaseSync {
  createFolder(dirname(file));
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: OPEN_LOCK_TIMEOUT_MS, enableForeignKeyConstraints: true });
    // Before the settings, which would change another program's file.
    check?.(db);
    db.exec(SETTINGS);
    return db;
  } catch (error) {
    db?.close();
    throw translateOpenError(error, file);
  }
}

/** Opens a file that exists, only for reads. Never waits for a lock. */
export function openReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec('PRAGMA trusted_schema = OFF');
  return db;
}

/**
 * Makes sure that everything that can be read from an open file is on disk. A process that was killed may have left a
 * committed transaction that it has not synced; one whose sync failed, pages that only seem to be on disk. Therefore the
 * write-ahead log is not only synced, but copied into the database file, which is synced too.
 */
export function secureContents(db: DatabaseSync): void {
  db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  // SQLite syncs the entry of a new log only with the log, which it does not do at NORMAL.
  syncFolder(dirname(realpathSync(db.location() as string)));
}

/**
 * Creates a folder and its parents. Node's recursive `mkdirSync` never returns if a folder neither exists nor can be
 * created, such as under /proc.
 */
function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  try {
    mkdirSync(folder);
    syncFolder(dirname(folder));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Another process has just created it.
    if (code === 'EEXIST') return;
    const reason = code === 'ENOSPC' ? 'the disk is full, ENOSPC' : code;
    throw new StoreUnusable(`the folder ${folder} cannot be created (${reason})`, { cause });
  }
}

/** Syncs the entries of a folder, so that a power failure cannot lose a new folder in it. */
function syncFolder(folder: string): void {
  // Windows cannot open folders, and syncs their entries itself.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
