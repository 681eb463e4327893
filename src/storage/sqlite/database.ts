import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { translateOpenError } from './errors.ts';
import { checkVersion } from './migrate.ts';

/** For how long opening waits for another process that is just migrating or closing the same file, in milliseconds. */
const OPEN_LOCK_TIMEOUT = 5000;

/**
 * What durability and speed rest on. FULL syncs the log at every commit; NORMAL would lose the latest commits with the
 * power. The cache is 64 MiB, the negative number being KiB. What is deleted is overwritten with zeros, at no cost that could
 * be measured.
 */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA trusted_schema = OFF;
  PRAGMA secure_delete = ON;
  PRAGMA cache_size = -65536;
`;

/**
 * Opens the file, or creates it, with the settings above and no more: the schema is as it is found.
 *
 * @throws StoreUnusable when the file cannot be used.
 */
export function openDatabase(file: string): DatabaseSync {
  makeFolder(dirname(file));
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: OPEN_LOCK_TIMEOUT, enableForeignKeyConstraints: true });
    // First: a file of another program is left as it is.
    checkVersion(db);
    db.exec(SETTINGS);
    return db;
  } catch (error) {
    db?.close();
    throw translateOpenError(error, file);
  }
}

/**
 * Makes the folder and those above it. Not Node's own recursive way, which never returns where the system says that a
 * folder does not exist and will not make it either, as under /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
    syncFolder(dirname(folder));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Another process may have been quicker.
    if (code === 'EEXIST') return;
    const reason = code === 'ENOSPC' ? 'the disk is full, ENOSPC' : code;
    throw new StoreUnusable(`the folder ${folder} cannot be created (${reason})`, { cause });
  }
}

/** Puts the names in a folder on disk, so that what is in the folders below cannot be lost with their names. */
function syncFolder(folder: string): void {
  // Windows opens no folder, and keeps names safe by itself.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
