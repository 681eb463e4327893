import type { ActorOptions, CreateOptions } from './outcomes.ts';

/** The maximum number of items in a batch. */
export const MAX_BATCH_ITEMS = 1_000;

/**
 * Why an item of a batch was not stored. They are texts, because they are stored with idempotency keys and sent between
 * threads.
 *
 * - `EmailTaken`, `NoSuchUser`, `VersionMismatch`: as the symbols of the same names.
 * - `NotFound`: there is no such task, or it belongs to another user.
 * - `Erased`: an earlier request with the same idempotency key created it, and its owner has been deleted since.
 * - `NotStored`: nothing is wrong with the item, but the batch was not stored because of others.
 */
export type ItemRejection = 'EmailTaken' | 'NoSuchUser' | 'VersionMismatch' | 'NotFound' | 'Erased' | 'NotStored';

export type ItemOutcome<T extends object> = T | ItemRejection;

/** Options of every batch. */
export interface BatchOptions extends ActorOptions {
  /** Whether the other items are stored if some are rejected. Otherwise, nothing is. */
  lenient: boolean;
}

export interface CreateBatchOptions extends BatchOptions, CreateOptions {}

/** The outcome of a batch that creates resources. */
export interface CreatedBatch<T extends object> {
  /** One for each item, in order. */
  outcomes: ItemOutcome<T>[];
  /** Whether an earlier request with the same idempotency key created them. */
  replayed: boolean;
}

export function isRejected<T extends object>(outcome: ItemOutcome<T>): outcome is ItemRejection {
  return typeof outcome === 'string';
}

/** The outcomes of a batch of which nothing was stored. */
export function notStored<T extends object>(outcomes: readonly ItemOutcome<T>[]): ItemRejection[] {
  return outcomes.map((outcome) => (isRejected(outcome) ? outcome : 'NotStored'));
}
