import type { ListQuery, Page } from './lists.ts';
import type { ActorOptions, Created, CreateOptions, KeyReused } from './outcomes.ts';
import { SCOPED_RESOURCES } from './resources.ts';
import type { NoSuchUser } from './users.ts';

/** What a token may do: see `docs/tokens.md`. `admin` implies all others. */
export type Scope = `${(typeof SCOPED_RESOURCES)[number]['scope']}:${'read' | 'write'}` | 'admin';

export const SCOPES: readonly Scope[] = [
  ...SCOPED_RESOURCES.flatMap(({ scope }) => [`${scope}:read`, `${scope}:write`] as const),
  'admin',
];

/** In characters. */
export const MAX_TOKEN_NAME_LENGTH = 100;

/** A token as it is stored. Times are milliseconds since the epoch. */
export interface NewToken {
  /** A label for operators. */
  name: string;
  /** SHA-256 of the secret. The secret itself is never stored. */
  secretHash: Uint8Array;
  scopes: Scope[];
  /** The name of its rate-limit plan. */
  plan: string;
  /** The user that a user token acts as; null for a service token. */
  userId: number | null;
  createdAt: number;
  /** When it expires, or null for never. */
  expiresAt: number | null;
}

export interface Token extends NewToken {
  tokenId: number;
  /** When it was revoked, or null. */
  revokedAt: number | null;
  /** When it was last used, within {@link TOKEN_USE_PRECISION_MS}, or null for never. */
  lastUsedAt: number | null;
  /** The secret before the last rotation and when it stops being valid, or null. */
  previousSecret: { hash: Uint8Array; validUntil: number } | null;
}

/** Whether a token is neither revoked nor expired at a time in milliseconds since the epoch. */
export function isActive({ revokedAt, expiresAt }: Token, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

/** A new secret for a token. */
export interface TokenRotation {
  secretHash: Uint8Array;
  /** Until when the previous secret stays valid, in milliseconds since the epoch. */
  previousValidUntil: number;
}

/** How precisely the last use of a token is recorded, in milliseconds. */
export const TOKEN_USE_PRECISION_MS = 60_000;

export type TokenQuery = ListQuery<object, 'tokenId'>;

export interface TokenRepository {
  /** Stores a token. `NoSuchUser` if it is to act as a user who does not exist. */
  create(token: NewToken, options: CreateOptions): Promise<Created<Token> | typeof NoSuchUser | typeof KeyReused>;
  /** The token with this id, including revoked and expired ones, or undefined. */
  get(tokenId: number): Promise<Token | undefined>;
  /** One page of tokens, including revoked and expired ones. */
  list(query: TokenQuery): Promise<Page<Token>>;
  /** Replaces the secret. False if no unrevoked token has this id. */
  rotate(tokenId: number, rotation: TokenRotation, options: ActorOptions): Promise<boolean>;
  /** Revokes a token for good. False if no unrevoked token has this id. */
  revoke(tokenId: number, options: ActorOptions): Promise<boolean>;
  /** Records that a token was used now, unless a use within {@link TOKEN_USE_PRECISION_MS} is already recorded. */
  recordUse(tokenId: number): Promise<void>;
}
