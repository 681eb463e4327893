import type { ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';
import type { AttemptRows } from './attempts.ts';
import type { ChangeRows } from './changes.ts';
import type { IdempotencyKeyRows } from './idempotency-keys.ts';
import type { TaskRows } from './tasks.ts';
import type { UserRows } from './users.ts';
import { deleteVersioned } from './versioned.ts';

/** A user with more entries in the change log, idempotency keys or webhook responses is soft-deleted and purged in steps. */
const MAX_ENTRIES_DELETED_AT_ONCE = 64;

/** Tasks purged per step: each is in ten indexes, and most of their pages are read and written for it alone. */
const TASKS_PER_STEP = 2;
/** Entries of the change log, idempotency keys or webhook responses purged per step. */
const ENTRIES_PER_STEP = 16;

interface Parts {
  users: UserRows;
  tasks: TaskRows;
  changes: ChangeRows;
  keys: IdempotencyKeyRows;
  attempts: AttemptRows;
}

/** The progress of the purge: up to which entry of the change log one user's values are erased. */
export interface PurgeProgress {
  userId: number;
  erasedUpTo: number;
}

/**
 * Deletes users with all their data: at once if there is little of it; otherwise the user is soft-deleted, which hides
 * everything, and the rest is purged in small steps. Call it in a transaction.
 */
export class UserDeletion {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  delete(userId: number, options: ChangeOptions): boolean | typeof VersionMismatch {
    const { users, changes, keys, attempts } = this.#parts;
    return deleteVersioned(users.get(userId), options, () => {
      if (this.#hasMuchData(userId)) {
        users.softDelete(userId, options);
        return;
      }
      keys.deleteSomeOf(userId, MAX_ENTRIES_DELETED_AT_ONCE);
      attempts.eraseSomeOf(userId, MAX_ENTRIES_DELETED_AT_ONCE);
      let erasedUpTo: number | undefined = 0;
      while (erasedUpTo !== undefined) erasedUpTo = changes.eraseSome(userId, erasedUpTo, MAX_ENTRIES_DELETED_AT_ONCE);
      users.delete(userId, options);
    });
  }

  /**
   * Purges one step's worth of the data of soft-deleted users.
   *
   * @param from what the previous call returned.
   * @returns undefined if nothing was left.
   */
  purge(from: PurgeProgress | undefined): PurgeProgress | undefined {
    const { users, tasks, changes, keys, attempts } = this.#parts;
    const userId = users.softDeleted();
    if (userId === undefined) return undefined;
    const erasedUpTo = from?.userId === userId ? from.erasedUpTo : 0;
    if (tasks.purgeSome(userId, TASKS_PER_STEP) || keys.deleteSomeOf(userId, ENTRIES_PER_STEP)) {
      return { userId, erasedUpTo };
    }
    if (attempts.eraseSomeOf(userId, ENTRIES_PER_STEP)) return { userId, erasedUpTo };
    const next = changes.eraseSome(userId, erasedUpTo, ENTRIES_PER_STEP);
    if (next === undefined) users.purge(userId);
    return { userId, erasedUpTo: next ?? erasedUpTo };
  }

  #hasMuchData(userId: number): boolean {
    const { users, changes, keys, attempts } = this.#parts;
    if (users.hasManyTasks(userId) || changes.hasMoreOf(userId, MAX_ENTRIES_DELETED_AT_ONCE)) return true;
    return (
      keys.hasMoreOf(userId, MAX_ENTRIES_DELETED_AT_ONCE) || attempts.hasMoreOf(userId, MAX_ENTRIES_DELETED_AT_ONCE)
    );
  }
}
