import type { ListQuery, Page } from './lists.ts';

/** What the change log records of each resource. */
const RECORDED = {
  user: ['created', 'updated', 'deleted'],
  identity: ['bound'],
  task: ['created', 'updated', 'completed', 'reminder', 'deleted'],
  token: ['created', 'rotated', 'revoked'],
  webhook: ['created', 'updated', 'rotated', 'test', 'deleted'],
} as const;

type Recorded = typeof RECORDED;
/** The type of an entry in the change log, such as `user.created`. */
export type ChangeType = { [Resource in keyof Recorded]: `${Resource}.${Recorded[Resource][number]}` }[keyof Recorded];

export const CHANGE_TYPES = Object.entries(RECORDED).flatMap(([resource, changes]) =>
  changes.map((change) => `${resource}.${change}` as ChangeType),
);

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
