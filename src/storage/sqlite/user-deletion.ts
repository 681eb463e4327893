import type { ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';
import type { AttemptRows } from './attempts.ts';
import type { ChangeRows } from './changes.ts';
import type { IdempotencyKeyRows } from './idempotency-keys.ts';
import type { TaskRows } from './tasks.ts';
import { MAX_TASKS_PER_DELETION, type UserRows } from './users.ts';
import { deleteVersioned } from './versioned.ts';

/** A user with more entries in the change log, idempotency keys or webhook responses is soft-deleted and purged in steps. */
const MAX_ENTRIES_PER_DELETION = 64;

/** The number of tasks purged per step: each is in ten indexes, so purging it writes many pages. */
const TASKS_PER_STEP = 2;
/** The number of entries of the change log, idempotency keys or webhook responses purged per step. */
const ENTRIES_PER_STEP = 16;

interface Dependencies {
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
 * Deletes users with all their data. If there is little data, it is deleted immediately. Otherwise the user is soft-deleted, which hides
 * everything, and the rest is purged in small steps. Call it in a transaction.
 */
export class UserDeletion {
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  delete(userId: number, options: ChangeOptions): boolean | typeof VersionMismatch {
    const { users, tasks, changes, keys, attempts } = this.#dependencies;
    return deleteVersioned(users.get(userId), options, (user) => {
      if (this.#hasMuchData(userId)) {
        users.softDelete(user, options);
        return;
      }
      keys.deleteSomeOf(userId, MAX_ENTRIES_PER_DELETION);
      attempts.eraseSomeOf(userId, MAX_ENTRIES_PER_DELETION);
      let erasedUpTo: number | undefined = 0;
      while (erasedUpTo !== undefined) erasedUpTo = changes.eraseSome(userId, erasedUpTo, MAX_ENTRIES_PER_DELETION);
      tasks.purgeSome(userId, MAX_TASKS_PER_DELETION);
      users.delete(user, options);
    });
  }

  /**
   * Purges one step's worth of the data of soft-deleted users.
   *
   * @param from what the previous call returned.
   * @returns undefined if nothing was left.
   */
  purge(from: PurgeProgress | undefined): PurgeProgress | undefined {
    const { users, tasks, changes, keys, attempts } = this.#dependencies;
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
    const { users, changes, keys, attempts } = this.#dependencies;
    if (users.hasManyTasks(userId) || changes.hasMoreOf(userId, MAX_ENTRIES_PER_DELETION)) return true;
    return keys.hasMoreOf(userId, MAX_ENTRIES_PER_DELETION) || attempts.hasMoreOf(userId, MAX_ENTRIES_PER_DELETION);
  }
}
