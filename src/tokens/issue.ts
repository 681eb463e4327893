import { formatToken, generateSecret, hashSecret } from '../auth/token-format.ts';
import { type ActorOptions, type Created, type CreateOptions, KeyReused } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type { Scope, Token } from '../domain/tokens.ts';
import { NoSuchUser } from '../domain/users.ts';

export interface TokenRequest {
  name: string;
  scopes: Scope[];
  plan: string;
  userId: number | null;
  /** Milliseconds since the epoch, or null for never. */
  expiresAt: number | null;
}

export interface IssuedToken {
  token: Token;
  /** The bearer token, which is not stored. Undefined if an earlier request with the same idempotency key issued it. */
  text: string | undefined;
}

/** Generates a token and stores its hash. `now` is in milliseconds since the epoch. */
export async function issueToken(
  store: Pick<Store, 'tokens'>,
  request: TokenRequest,
  options: CreateOptions,
  now: number,
): Promise<Created<IssuedToken> | typeof NoSuchUser | typeof KeyReused> {
  const secret = generateSecret();
  const outcome = await store.tokens.create({ ...request, secretHash: hashSecret(secret), createdAt: now }, options);
  if (outcome === NoSuchUser || outcome === KeyReused) return outcome;
  const { item, replayed } = outcome;
  return { item: { token: item, text: replayed ? undefined : formatToken(item.tokenId, secret) }, replayed };
}

/**
 * Replaces the secret of a token.
 *
 * @param previousValidUntil until when the previous secret is accepted, in milliseconds since the epoch.
 * @returns the new bearer token, or undefined if there is no such token or it is revoked.
 */
export async function rotateToken(
  store: Pick<Store, 'tokens'>,
  tokenId: number,
  previousValidUntil: number,
  options: ActorOptions,
): Promise<string | undefined> {
  const secret = generateSecret();
  const rotation = { secretHash: hashSecret(secret), previousValidUntil };
  return (await store.tokens.rotate(tokenId, rotation, options)) ? formatToken(tokenId, secret) : undefined;
}
