import type { ItemOutcome, ItemRejection } from '../../domain/batches.ts';
import type { Change } from '../../domain/changes.ts';
import { VersionMismatch } from '../../domain/outcomes.ts';
import type { Task } from '../../domain/tasks.ts';
import { EmailTaken, NoSuchUser, type User } from '../../domain/users.ts';
import { restoreItem } from './change-rows.ts';
import type { Inserted } from './inserted.ts';

/**
 * The outcome of an item as it is stored with the idempotency key of its batch: the sequence number of the change that
 * created it, or why it was rejected. It contains no values of users, so it stays when a user is deleted.
 */
export type StoredItem = number | ItemRejection;

/** What the column `items` holds. */
export function formatItems(outcomes: readonly (Inserted<object> | ItemRejection)[]): string {
  return JSON.stringify(outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.sequence)));
}

export function parseItems(text: string): StoredItem[] {
  return JSON.parse(text);
}

/**
 * The outcomes of the first request, from the changes that it made.
 *
 * @param changes by sequence number. A change that is missing was pruned.
 */
export function restoreOutcomes<T extends User | Task>(
  items: readonly StoredItem[],
  changes: ReadonlyMap<number, Change>,
): ItemOutcome<T>[] {
  return items.map((item) => {
    if (typeof item === 'string') return item;
    const change = changes.get(item);
    return change?.after == null ? 'Erased' : restoreItem<T>(change);
  });
}

/** The sequence number of the first item that was created, or undefined. */
export function firstSequence(outcomes: readonly (Inserted<object> | ItemRejection)[]): number | undefined {
  return outcomes.find((outcome) => typeof outcome !== 'string')?.sequence;
}

/** The outcome of an item from that of a single write. */
export function toOutcome<T extends object>(outcome: T | symbol | undefined): ItemOutcome<T> {
  switch (outcome) {
    case undefined:
      return 'NotFound';
    case EmailTaken:
      return 'EmailTaken';
    case NoSuchUser:
      return 'NoSuchUser';
    case VersionMismatch:
      return 'VersionMismatch';
    default:
      return outcome as T;
  }
}
