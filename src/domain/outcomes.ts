/** Who makes a change, as recorded in the change log. */
export interface ActorOptions {
  /** A token's id, `jwt:…` for a JWT's subject, {@link COMMAND_LINE} or {@link SERVICE}. */
  actor: string;
  /** The `traceparent` of the request that makes the change; undefined if it is in no trace. */
  traceparent?: string | undefined;
}

/** The actor of changes made on the command line. */
export const COMMAND_LINE = 'command-line';

/** The actor of changes that the service makes by itself. */
export const SERVICE = 'service';

/** Options of every creation. */
export interface CreateOptions extends ActorOptions {
  /** Requests with the same key create one resource; later ones return the first one's. */
  idempotencyKey?: IdempotencyKey | undefined;
}

/** Identifies a request, so that its duplicates can be recognized. Both digests are SHA-256, 32 bytes. */
export interface IdempotencyKey {
  /** Digest of the token, the operation, and the `Idempotency-Key` header. */
  key: Uint8Array;
  /** Digest of the request body. A different body under the same key is {@link KeyReused}. */
  requestHash: Uint8Array;
}

/** How long an idempotency key is valid, in milliseconds. */
export const IDEMPOTENCY_KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The created resource. */
export interface Created<T> {
  item: T;
  /** Whether an earlier request with the same idempotency key created it. */
  replayed: boolean;
}

/** Options of every update and deletion. */
export interface ChangeOptions extends ActorOptions {
  /** The change is made only if the resource has one of these versions; otherwise the outcome is {@link VersionMismatch}. */
  versions?: readonly number[] | undefined;
}

/** The idempotency key was used before, for a different request. */
export const KeyReused = Symbol('KeyReused');

/** The resource has none of the expected versions. */
export const VersionMismatch = Symbol('VersionMismatch');

/** The database cannot respond now: locked, full, down, or too many writes are queued. Retrying later may help. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The database is available, but too many requests of this kind are queued, or this one takes too long. */
export class StoreBusy extends StoreUnavailable {
  override name = 'StoreBusy';
}

/** The database cannot be used at all: not a database, another program's, newer than this program, no permission. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable';
}
