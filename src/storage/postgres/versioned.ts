import { type ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';

interface Versioned {
  version: number;
}

/** How one resource is changed. */
interface UpdateSteps<T> {
  /** The resource with the changes; the same object if no value differs. */
  change: (current: T) => T;
  /** Stores it. */
  write: (changed: T, current: T) => Promise<void>;
  /** Adds the entry to the change log. */
  log: (before: T, after: T) => Promise<unknown>;
}

/**
 * Updates a resource: compares its version, changes it, stores it, logs it. Call it in a transaction that has locked the
 * row.
 *
 * @param current the resource, or undefined if there is none.
 */
export async function updateVersioned<T extends Versioned>(
  current: T | undefined,
  { versions }: ChangeOptions,
  { change, write, log }: UpdateSteps<T>,
): Promise<T | typeof VersionMismatch | undefined> {
  if (current === undefined) return undefined;
  if (versions?.includes(current.version) === false) return VersionMismatch;
  const changed = change(current);
  if (changed === current) return current;
  await write(changed, current);
  await log(current, changed);
  return changed;
}

/** Deletes a resource after comparing its version. Call it in a transaction that has locked the row. False if there is none. */
export async function deleteVersioned<T extends Versioned>(
  current: T | undefined,
  { versions }: ChangeOptions,
  remove: (current: T) => Promise<unknown>,
): Promise<boolean | typeof VersionMismatch> {
  if (current === undefined) return false;
  if (versions?.includes(current.version) === false) return VersionMismatch;
  await remove(current);
  return true;
}
