import { type ChangeOptions, VersionMismatch } from '../../domain/outcomes.ts';
import type { AttemptTable } from './attempts.ts';
import type { ChangeTable } from './changes.ts';
import type { KeyTable } from './idempotency-keys.ts';
import type { TaskTable } from './tasks.ts';
import type { UserTable } from './users.ts';

/** A user in more entries of the change log, or with more keys or responses, is marked and purged afterwards. */
const FEW_ENTRIES = 64;

/** How many tasks are purged at once: each is in ten indexes, and most of their pages are read and written for it alone. */
const TASKS_AT_ONCE = 2;
/** How many entries of the change log, keys, or responses of webhooks. */
const ENTRIES_AT_ONCE = 16;

interface Tables {
  users: UserTable;
  tasks: TaskTable;
  changes: ChangeTable;
  keys: KeyTable;
  attempts: AttemptTable;
}

/** How far the purge of deleted users has come: up to which entry the values of one are erased from the change log. */
export interface PurgePlace {
  userId: number;
  erasedUpTo: number;
}

/**
 * Deletes users with all that is theirs: at once where that is little; otherwise the user is marked as deleted, which
 * hides everything, and what is left is purged bit by bit. To be called inside a transaction.
 */
export class UserDeletion {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  delete(userId: number, options: ChangeOptions): boolean | typeof VersionMismatch {
    const { users, changes, keys, attempts } = this.#tables;
    const user = users.get(userId);
    if (user === undefined) return false;
    if (options.versions?.includes(user.version) === false) return VersionMismatch;
    if (this.#hasMuch(userId)) {
      users.mark(userId, options);
    } else {
      keys.deleteSomeOf(userId, FEW_ENTRIES);
      attempts.eraseSomeOf(userId, FEW_ENTRIES);
      let erasedUpTo: number | undefined = 0;
      while (erasedUpTo !== undefined) erasedUpTo = changes.eraseSome(userId, erasedUpTo, FEW_ENTRIES);
      users.delete(userId, options);
    }
    return true;
  }

  /**
   * Purges a little of what marked users have left.
   *
   * @param from what the call before returned, if that was kept.
   * @returns undefined when nothing was left.
   */
  purge(from: PurgePlace | undefined): PurgePlace | undefined {
    const { users, tasks, changes, keys, attempts } = this.#tables;
    const userId = users.marked();
    if (userId === undefined) return undefined;
    const erasedUpTo = from?.userId === userId ? from.erasedUpTo : 0;
    if (tasks.deleteSomeOf(userId, TASKS_AT_ONCE) || keys.deleteSomeOf(userId, ENTRIES_AT_ONCE)) {
      return { userId, erasedUpTo };
    }
    if (attempts.eraseSomeOf(userId, ENTRIES_AT_ONCE)) return { userId, erasedUpTo };
    const next = changes.eraseSome(userId, erasedUpTo, ENTRIES_AT_ONCE);
    if (next === undefined) users.removeMarked(userId);
    return { userId, erasedUpTo: next ?? erasedUpTo };
  }

  #hasMuch(userId: number): boolean {
    const { users, changes, keys, attempts } = this.#tables;
    if (users.hasManyTasks(userId) || changes.hasMoreOf(userId, FEW_ENTRIES)) return true;
    return keys.hasMoreOf(userId, FEW_ENTRIES) || attempts.hasMoreOf(userId, FEW_ENTRIES);
  }
}
