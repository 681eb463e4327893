import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
/** By its time limit, that is: see `UNAVAILABLE`. */
const QUERY_CANCELED = '57014';

/**
 * Classes and codes that mean "not now": connection exceptions, a read-only server (after a failover), insufficient
 * resources, a query cancelled by its time limit, a server that stops, fails or only starts, a lock not to be had.
 */
const UNAVAILABLE = /^(?:08|53|57P0|58)|^(?:25006|57014|55P03)$/;

/** A row with this value is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}

/** A row refers to one that does not exist. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === FOREIGN_KEY_VIOLATION;
}

/** A row breaks a constraint, whichever. */
export function isConstraintViolation(error: unknown): boolean {
  return sqlState(error)?.startsWith('23') ?? false;
}

/** The server took the transaction back because of another one: the same again may well succeed. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED;
}

/** Whether the server itself refused a statement: then nothing of its transaction was kept. */
export function isRefusal(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !UNAVAILABLE.test(state);
}

/** What the rest of the program should see. What is no answer of the server's is a connection that failed. */
export function translateError(error: unknown): unknown {
  if (error instanceof StoreUnavailable || (isRefusal(error) && !isConflict(error))) return error;
  if (!(error instanceof Error)) return error;
  const Kind = sqlState(error) === QUERY_CANCELED ? StoreBusy : StoreUnavailable;
  return new Kind(`PostgreSQL: ${error.message}`, { cause: error });
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
