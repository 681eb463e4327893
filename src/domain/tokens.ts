import type { ListQuery } from './lists.ts';

/** What a token may do: see `docs/tokens.md`. `admin` implies all others. */
export const SCOPES = ['users:read', 'users:write', 'tasks:read', 'tasks:write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Token extends NewToken {
  tokenId: number;
  /** When it was revoked, or null while it is not. */
  revokedAt: number | null;
  /** When it was used, to {@link TOKEN_USE_PRECISION}, or null for never. */
  lastUsedAt: number | null;
  /** The secret before the last rotation, and until when it is accepted still; null where there is none. */
  previousSecret: { hash: Uint8Array; validUntil: number } | null;
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

/** A new secret for a token. */
export interface TokenRotation {
  secretHash: Uint8Array;
  /** Until when the secret before it is accepted still, in milliseconds since the epoch. */
  previousValidUntil: number;
}

/** How exactly the last use of a token is noted, in milliseconds. */
export const TOKEN_USE_PRECISION = 60_000;

export type TokenQuery = ListQuery<object, 'tokenId'>;
