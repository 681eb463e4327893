import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
/** A write on a standby, or in a read-only transaction. */
const READ_ONLY = '25006';
/** The statement exceeded its timeout. */
const QUERY_CANCELED = '57014';
/** A table could not be locked within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Classes and codes of temporary failures: a connection exception, insufficient resources, a server that is starting or
 * stopping, a system error, a read-only server (after a failover), a transaction that was idle for too long, a timeout, a lock
 * that is not available.
 */
const UNAVAILABLE = /^(?:08|53|57P0|58)|^(?:25006|25P03|57014|55P03)$/;

/** Whether a row with this value exists. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}

/** Whether a row references one that does not exist. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === FOREIGN_KEY_VIOLATION;
}

/** Whether a row violates any constraint. */
export function isConstraintViolation(error: unknown): boolean {
  return sqlState(error)?.startsWith('23') ?? false;
}

/** Whether the server rolled the transaction back because of a concurrent one, so that a retry may succeed. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED;
}

/** Whether the server rejected a write because it is read-only. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === READ_ONLY;
}

/** Whether the server rejected a statement, so that its transaction stored nothing. */
export function isServerError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !UNAVAILABLE.test(state);
}

/** Whether the server did not lock a table within the timeout, so that a retry may succeed. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === LOCK_NOT_AVAILABLE;
}

/** Whether the role lacks the permission for a statement. */
export function isPermissionDenied(error: unknown): boolean {
  return sqlState(error) === INSUFFICIENT_PRIVILEGE;
}

/** Translates an error for the rest of the program. An error that is not from the server is a failed connection. */
export function translateError(error: unknown): unknown {
  if (error instanceof StoreUnavailable || (isServerError(error) && !isConflict(error))) return error;
  if (!(error instanceof Error)) return error;
  const ErrorClass = sqlState(error) === QUERY_CANCELED ? StoreBusy : StoreUnavailable;
  return new ErrorClass(`PostgreSQL: ${error.message}`, { cause: error });
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
