import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnavailable, StoreUnusable } from '../../domain/outcomes.ts';

// https://www.sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const SQLITE_CONSTRAINT_FOREIGNKEY = 787;
export const SQLITE_IOERR_FSYNC = 1034;

/** Whether another connection holds the lock that this one needs. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** Whether a row references one that does not exist. */
export function isForeignKeyViolation(error: unknown): boolean {
  return resultCode(error) === SQLITE_CONSTRAINT_FOREIGNKEY;
}

/** Whether a file could not be synced. */
export function isSyncFailure(error: unknown): boolean {
  return resultCode(error) === SQLITE_IOERR_FSYNC;
}

/** Whether SQLite reported the error. */
export function isSqliteError(error: unknown): boolean {
  return resultCode(error) !== undefined;
}

/** Translates an error of a statement for the rest of the program. */
export function translateError(error: unknown): unknown {
  switch (primaryCode(error)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
      return new StoreUnavailable(`SQLite: ${(error as Error).message}`, { cause: error });
    default:
      return error;
  }
}

/** With less free space, SQLite cannot create its WAL, and reports an I/O error. */
const MIN_FREE_BYTES = 256 * 1024;

/** Translates an error that occurred while the database was opened. */
export function translateOpenError(error: unknown, file: string): unknown {
  if (error instanceof StoreUnusable || primaryCode(error) === undefined) return error;
  if (primaryCode(error) === SQLITE_FULL || isDiskFull(file)) {
    return new StoreUnusable(`the disk of ${file} is full (${(error as Error).message})`, { cause: error });
  }
  switch (primaryCode(error)) {
    case SQLITE_NOTADB:
      return new StoreUnusable(`${file} is not a SQLite database`, { cause: error });
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return new StoreUnusable(`${file} is locked by another program`, { cause: error });
    default:
      return new StoreUnusable(`${file} cannot be opened and written (${(error as Error).message})`, { cause: error });
  }
}

function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < MIN_FREE_BYTES;
  } catch {
    return false;
  }
}

function primaryCode(error: unknown): number | undefined {
  const code = resultCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function resultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode : undefined;
}
