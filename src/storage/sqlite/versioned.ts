import { type ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';

interface Versioned {
  version: number;
}

/** How one resource is changed. */
interface UpdateSteps<T, Rejection extends symbol> {
  /** The resource with the changes; the same object if no value differs. */
  change: (current: T) => T;
  /** Stores it, or returns the reason why it cannot be stored. */
  write: (changed: T, current: T) => Rejection | undefined;
  /** Adds the entry to the change log. */
  log: (before: T, after: T) => void;
}

/**
 * Updates a resource: compares its version, changes it, stores it, logs it. Call it in a transaction.
 *
 * @param current the resource, or undefined if there is none.
 */
export function updateVersioned<T extends Versioned, Rejection extends symbol = never>(
  current: T | undefined,
  { versions }: ChangeOptions,
  { change, write, log }: UpdateSteps<T, Rejection>,
): T | Rejection | typeof VersionMismatch | undefined {
  if (current === undefined) return undefined;
  if (versions?.includes(current.version) === false) return VersionMismatch;
  const changed = change(current);
  if (changed === current) return current;
  const rejection = write(changed, current);
  if (rejection !== undefined) return rejection;
  log(current, changed);
  return changed;
}

/** Deletes a resource after comparing its version. Call it in a transaction. False if there is none. */
export function deleteVersioned<T extends Versioned>(
  current: T | undefined,
  { versions }: ChangeOptions,
  remove: (current: T) => void,
): boolean | typeof VersionMismatch {
  if (current === undefined) return false;
  if (versions?.includes(current.version) === false) return VersionMismatch;
  remove(current);
  return true;
}
