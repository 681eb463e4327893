import type { Freshness, ListQuery, Page } from './lists.ts';
import { RESOURCES, type ResourceName } from './resources.ts';

type Resources = typeof RESOURCES;

/** The type of an entry in the change log, such as `user.created`. */
export type ChangeType = { [Name in ResourceName]: `${Name}.${Resources[Name]['changes'][number]}` }[ResourceName];

export const CHANGE_TYPES = Object.entries(RESOURCES).flatMap(([name, { changes }]) =>
  changes.map((change) => `${name}.${change}` as ChangeType),
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
  /** See `ActorOptions`. Null for none. */
  traceparent: string | null;
  /** The user that changed, or the owner of the task or token that did; null for a service token. */
  userId: number | null;
  taskId: number | null;
  tokenId: number | null;
  /** The previous values of the fields that changed; null if there are none or they were erased. */
  before: Values | null;
  /** The whole resource after the change; null if it was deleted or its values were erased. */
  after: Values | null;
}

/** The resource that changed, which `type` begins with. */
export function resourceOf({ type }: Pick<Change, 'type'>): ResourceName {
  return type.slice(0, type.indexOf('.')) as ResourceName;
}

/** The id of the resource that changed, under its name, and the owner's. The id is read from the values if there is no owner. */
export function idsOf(change: Change): Record<string, unknown> {
  const { userId, taskId, before, after } = change;
  if (taskId !== null) return { taskId, userId };
  if (userId !== null) return { userId };
  const name = `${resourceOf(change)}Id`;
  return { [name]: (after ?? before)?.[name] };
}

/** Fields of a resource, as responses show them. */
export type Values = Record<string, unknown>;

export interface ChangeFilter {
  /** Of this user, their tasks and their tokens. */
  userId?: number;
  taskId?: number;
  /** One or several. */
  types?: ChangeType[];
  actor?: string;
  /** Made at or after this time, in milliseconds since the epoch. */
  changedAfter?: number;
  /** Made before this time. */
  changedBefore?: number;
}

export type ChangeQuery = ListQuery<ChangeFilter, 'sequence'>;

export interface EventQuery {
  /** Read after this sequence number; 0 for the start. */
  after: number;
  /** The maximum number of entries. */
  limit: number;
  /** Only of this user, their tasks and their tokens. */
  userId?: number | undefined;
  /** As in `ListQuery`. */
  caller?: number | string | undefined;
  /** Undefined for the current events. The read waits up to two seconds for all replicas to have its `position`. */
  freshness?: Freshness | undefined;
}

export interface EventPage {
  changes: Change[];
  /** The page is complete up to this sequence number. */
  upTo: number;
  /** Whether there may already be more. */
  more: boolean;
  /** The sequence number of the newest entry that could be read. */
  newest: number;
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
  /** The sequence number of the newest entry that `read` can return with this freshness; 0 for none. */
  newest(freshness?: Freshness): Promise<number>;
  /**
   * Prunes a batch of entries older than a time (milliseconds since the epoch). PostgreSQL prunes the entries of a large log
   * together, up to a quarter of their age later, and prepares that.
   *
   * @param signal cancels the preparation, which may take minutes.
   * @returns false if there was none.
   */
  prune(before: number, signal?: AbortSignal): Promise<boolean>;
}
