/** Who makes a change, as the change log names it. */
export interface ActorOptions {
  /** The id of a token, `jwt:…` for somebody an identity provider vouches for, {@link COMMAND_LINE}, {@link SERVICE}. */
  actor: string;
}

/** The actor of what an operator does on the command line. */
export const COMMAND_LINE = 'command-line';

/** The actor of what the service does by itself. */
export const SERVICE = 'service';

/** How something is created. */
export interface CreateOptions extends ActorOptions {
  /** When it is there, the same key creates one thing: whoever brings it again is given what was created at first. */
  once?: IdempotencyKey | undefined;
}

/** What tells a repeated request from another one. Both are 32 bytes. */
export interface IdempotencyKey {
  /** Digest of the token, the operation, and the key that the client chose. */
  key: Uint8Array;
  /** Digest of the request's body: with another one the key is refused with {@link KeyReused}. */
  requestHash: Uint8Array;
}

/** For how long an idempotency key is remembered, in milliseconds. */
export const KEY_LIFETIME = 24 * 60 * 60 * 1000;

/** What was created, now or when the idempotency key was first brought. */
export interface Created<T> {
  item: T;
  replayed: boolean;
}

/** How something is changed or deleted. */
export interface ChangeOptions extends ActorOptions {
  /** Only while it has one of these versions; otherwise {@link VersionMismatch}. */
  versions?: readonly number[] | undefined;
}

/** The idempotency key was brought before, with another request. */
export const KeyReused = Symbol('KeyReused');

/** It has been changed: its version is none of those that were asked for. */
export const VersionMismatch = Symbol('VersionMismatch');

/** The database cannot answer now: locked, full, away, or too many writes are waiting. Trying again later may help. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The database is available, but too many requests of this kind wait, or this one takes too long. */
export class StoreBusy extends StoreUnavailable {
  override name = 'StoreBusy';
}

/** The database cannot be used at all: not a database, somebody else's, newer than this program, no permission. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable';
}
