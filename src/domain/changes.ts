import type { ListQuery, Page } from './lists.ts';

/** The types of entries in the change log; the part before the dot names the resource. */
export const CHANGE_TYPES = [
  'user.created',
  'user.updated',
  'user.deleted',
  'identity.bound',
  'task.created',
  'task.updated',
  'task.completed',
  'task.reminder',
  'task.deleted',
  'token.created',
  'token.rotated',
  'token.revoked',
  'webhook.created',
  'webhook.updated',
  'webhook.rotated',
  'webhook.test',
  'webhook.deleted',
] as const;

export type ChangeType = (typeof CHANGE_TYPES)[number];

/** An entry of the change log. */
export interface Change {
  /** Increases with every change; gaps are possible. */
  sequence: number;
  type: ChangeType;
  /** Milliseconds since the epoch. */
  at: number;
  /** See `ActorOptions`. */
  actor: string;
  /** The user that changed, or the owner of the task or token that did; null for a service token. */
  userId: number | null;
  taskId: number | null;
  tokenId: number | null;
  /** The previous values of the fields that changed; null if there are none or they were erased. */
  before: Values | null;
  /** The whole resource after the change; null if it was deleted or its values were erased. */
  after: Values | null;
}

/** Fields of a resource, as responses show them. */
export type Values = Record<string, unknown>;

export interface ChangeFilter {
  /** Of this user, their tasks and their tokens. */
  userId?: number;
  taskId?: number;
}

export type ChangeQuery = ListQuery<ChangeFilter, 'sequence'>;

export interface EventQuery {
  /** Read after this sequence number; 0 for the start. */
  after: number;
  /** The maximum number of entries. */
  limit: number;
  /** Only of this user, their tasks and their tokens. */
  userId?: number | undefined;
}

export interface EventPage {
  changes: Change[];
  /** The page is complete up to this sequence number. */
  upTo: number;
  /** Whether there may already be more. */
  more: boolean;
}

/** Entries after the requested one were pruned because of their age. */
export const EventsPruned = Symbol('EventsPruned');

export interface ChangeRepository {
  /** One page of the change log, read from one snapshot. */
  list(query: ChangeQuery): Promise<Page<Change>>;
  /**
   * Entries after a sequence number, in order. Following `upTo` never skips or repeats an entry, even under concurrent
   * writes. Rejected with StoreBusy if there are entries, but a transaction in flight may still add one before them.
   */
  read(query: EventQuery): Promise<EventPage | typeof EventsPruned>;
  /** The sequence number of the newest entry that `read` can return; 0 for none. */
  newest(): Promise<number>;
  /** Prunes a batch of entries older than a time (milliseconds since the epoch). False if there was none. */
  prune(before: number): Promise<boolean>;
}
