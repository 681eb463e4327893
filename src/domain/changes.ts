import type { ListQuery } from './lists.ts';
import type { CHANGE_TYPES } from './store.ts';

export type ChangeType = (typeof CHANGE_TYPES)[number];

/** An entry of the change log. */
export interface Change {
  /** Grows with every change; gaps are allowed. */
  sequence: number;
  type: ChangeType;
  /** Milliseconds since the epoch. */
  at: number;
  /** See {@link ActorOptions}. */
  actor: string;
  /** The user that was changed, or who owns the task or token that was; null for a token of a service. */
  userId: number | null;
  taskId: number | null;
  tokenId: number | null;
  /** The fields that are different now, as they were; null where there are none, and once they are erased. */
  before: Values | null;
  /** The whole resource as it is from then on; null when it was deleted, and once the values are erased. */
  after: Values | null;
}

/** Fields of a resource, as responses show them. */
export type Values = Record<string, unknown>;

export interface ChangeFilter {
  /** Of a user, their tasks and their tokens. */
  userId?: number;
  taskId?: number;
}

export type ChangeQuery = ListQuery<ChangeFilter, 'sequence'>;

export interface EventQuery {
  /** The sequence number of the last entry that was read; 0 for none. */
  after: number;
  /** How many entries at most. */
  limit: number;
  /** Only of this user, their tasks and their tokens. */
  userId?: number | undefined;
}

export interface EventPage {
  changes: Change[];
  /** Up to which sequence number this is all there is. */
  upTo: number;
  /** Whether there may be more behind it already. */
  more: boolean;
}

/** Entries that the reader has not seen were removed because of their age. */
export const EventsRemoved = Symbol('EventsRemoved');
