import { formatToken, generateSecret, hashSecret } from '../auth/token-format.ts';
import { type Created, type CreateOptions, KeyReused } from '../domain/outcomes.ts';
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
  /** The token as it is handed out, this once; undefined where it was issued at an earlier request. */
  text: string | undefined;
}

/** Makes a token and stores its hash. `now` in milliseconds since the epoch. */
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
 * Gives a token another secret. The one before is accepted until an instant, in milliseconds since the epoch.
 *
 * @returns the token as it is handed out from now on, or undefined when no unrevoked token has this id.
 */
export async function rotateToken(
  store: Pick<Store, 'tokens'>,
  tokenId: number,
  previousValidUntil: number,
  actor: string,
): Promise<string | undefined> {
  const secret = generateSecret();
  const rotation = { secretHash: hashSecret(secret), previousValidUntil };
  return (await store.tokens.rotate(tokenId, rotation, { actor })) ? formatToken(tokenId, secret) : undefined;
}
