/**
 * The one door to the database, in the words of the domain. Adapters live beside this file; everything else in the
 * program knows only what is declared here.
 *
 * A promise that is fulfilled after a write means that the write is on disk. Expected refusals are values
 * ({@link EmailTaken}, {@link NoSuchUser}); a database that cannot answer now is the error {@link StoreUnavailable}.
 */
export interface Store {
  /** Creates a user under an id that no user ever had, or refuses an address that another user has. */
  createUser(user: NewUser): Promise<User | typeof EmailTaken>;
  /** The user with this id, or undefined when there is none. */
  getUser(userId: number): Promise<User | undefined>;

  /** Records a token. `NoSuchUser` when it is to be bound to a user who does not exist. */
  createToken(token: NewToken): Promise<Token | typeof NoSuchUser>;
  /** The token with this id, revoked and expired ones included, or undefined when there is none. */
  getToken(tokenId: number): Promise<Token | undefined>;
  /** Every token, revoked and expired ones included, by id. */
  listTokens(): Promise<Token[]>;
  /** Revokes a token at an instant (milliseconds since the epoch). False when no unrevoked token has this id. */
  revokeToken(tokenId: number, at: number): Promise<boolean>;

  /** Fulfilled when the database answers. */
  ping(): Promise<void>;
  /** Waits for the writes under way and closes the database. */
  close(): Promise<void>;
}

export interface User {
  userId: number;
  firstName: string;
  lastName: string;
  /** The address as it was sent. */
  contactEmail: string;
}

export interface NewUser extends Omit<User, 'userId'> {
  /** What makes two addresses the same user: see `emailKey` in `users/email.ts`. */
  contactEmailKey: string;
}

/** What a bearer token may do (contract, section 5). */
export type Scope = 'users:read' | 'users:write' | 'tasks:read' | 'tasks:write' | 'admin';

export interface Token extends NewToken {
  tokenId: number;
  /** When it was revoked, or null while it is not. */
  revokedAt: number | null;
}

/** A token as it is stored. Instants are milliseconds since the epoch. */
export interface NewToken {
  /** What the operator calls it. */
  name: string;
  /** SHA-256 of the secret part; the secret itself is never stored. */
  secretHash: Uint8Array;
  scopes: Scope[];
  /** Which of the configured rate limits applies. */
  plan: string;
  /** The user it is bound to, or null for a service token. */
  userId: number | null;
  createdAt: number;
  /** From when on it is refused, or null for never. */
  expiresAt: number | null;
}

/** Another user has this address. */
export const EmailTaken = Symbol('EmailTaken');

/** The user who is referred to does not exist. */
export const NoSuchUser = Symbol('NoSuchUser');

/** The database cannot answer now: locked, full, away, or too many writes are waiting. Trying again later may help. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The database cannot be used at all: not a database, somebody else's, newer than this program, no permission. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable';
}
