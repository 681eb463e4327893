/** Times are milliseconds since the start of the run. */
export type Ms = number;

/** What the client learned of a request: `unknown` if it may have been processed all the same. */
export type Outcome = 'acknowledged' | 'rejected' | 'unknown';

/** A resource as the clients saw it. */
export interface Seen {
  /** The name that the creation gave it: unique in the run, and part of its title. */
  resource: string;
  /** How many times it was changed, plus 1. Each write sends another version. */
  version: number;
}

/** One call of one client: a client waits for each call before the next one. */
export interface Operation {
  client: string;
  kind: 'create' | 'update' | 'delete' | 'read' | 'list';
  start: Ms;
  end: Ms;
  outcome: Outcome;
  /** The name of the resource; for a list of tasks, of the user whose tasks they are. */
  resource: string;
  /** The version that a write sends, or that a read returns. Undefined for a deletion, or if a read finds nothing. */
  version?: number;
  /** For a task: the name of its user. */
  owner?: string;
  /** The id that an acknowledged creation returned, such as `task/7`. */
  key?: string;
  /** The batch with which it was created. */
  batch?: string;
  /** Whether a reminder is due before the run ends, and the client does not change it. */
  reminder?: boolean;
  /** What a list returned. */
  found?: Seen[];
  /** The last error. */
  error?: string;
}

/** An event of the feed. */
export interface SeenEvent {
  sequence: number;
  type: string;
  /** Such as `task/7`. */
  key: string;
  /** The user of the task, or the user itself, such as `user/3`. */
  owner: string;
  /** Undefined if the event has only ids: the resource or its user was deleted. */
  seen?: Seen;
  /** When a follower got it. */
  at?: Ms;
}

/** What one follower of the feed received. */
export interface Follower {
  name: string;
  /** The `sequence` after which it started. */
  after: number;
  events: SeenEvent[];
}

/** A request to the receiver of webhooks. */
export interface Delivery {
  webhook: string;
  /** The header `webhook-id`. */
  id: string;
  sequence: number;
  /** The resource of the event, such as `task/7`. */
  key: string;
  at: Ms;
  /** Whether the receiver responded with 2xx. */
  accepted: boolean;
}

/** A resource as it is stored at the end. */
export interface Stored extends Seen {
  /** Such as `task/7`. */
  key: string;
}

/** All that a run observed. */
export interface History {
  operations: Operation[];
  /** The whole feed, read at the end. */
  feed: SeenEvent[];
  followers: Follower[];
  /** The webhooks, each of which gets every event of users and tasks. */
  webhooks: string[];
  deliveries: Delivery[];
  /** All users and tasks, read at the end. */
  stored: Stored[];
}

/** A title, first of its resource: `writer-3/17 v5`. */
export function toTitle({ resource, version }: Seen): string {
  return `${resource} v${version}`;
}

export function parseTitle(title: string): Seen | undefined {
  const [, resource, version] = /^(\S+) v(\d+)$/.exec(title) ?? [];
  return resource === undefined ? undefined : { resource, version: Number(version) };
}

export type ViolationKind =
  | 'lost write'
  | 'doubled write'
  | 'unsent write'
  | 'torn batch'
  | 'stale read'
  | 'event out of order'
  | 'event missing'
  | 'event doubled'
  | 'webhook lost'
  | 'webhook with two ids'
  | 'webhook out of order'
  | 'reminder missing'
  | 'reminder doubled'
  | 'no recovery';

/** A broken promise. */
export interface Violation {
  kind: ViolationKind;
  /** A sentence. */
  text: string;
  /** When it happened, as closely as known. */
  at?: Ms;
}
