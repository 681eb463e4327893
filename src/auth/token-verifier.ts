import type { Logger } from 'pino';
import type { LimitedPlan } from '../config/rate-limits.ts';
import { type Principal, toPrincipal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { TOKEN_USE_PRECISION_MS, type Token } from '../domain/tokens.ts';
import type { JwtVerifier } from './jwt-verifier.ts';
import { hashSecret, looksLikeJwt, parseToken, secretMatches } from './token-format.ts';
import { VerificationCache } from './verification-cache.ts';

/** The development token, used in the examples of the documentation. Accepted in development mode only. */
export const DEVELOPMENT_TOKEN = 'your-token-here';

const REQUESTS_PER_MINUTE = 100_000;

/**
 * The plan of {@link DEVELOPMENT_TOKEN}, unless the configuration has one of that name. High enough that no script waits.
 * The limit of a day is that of its 1,440 minutes, so that it is never reached first.
 */
export const DEVELOPMENT_PLAN: [name: string, plan: LimitedPlan] = [
  'development',
  { perMinute: REQUESTS_PER_MINUTE, perDay: 1_440 * REQUESTS_PER_MINUTE },
];

const DEVELOPMENT_PRINCIPAL: Principal = {
  tokenId: 0,
  scopes: new Set(['admin']),
  plan: DEVELOPMENT_PLAN[0],
  userId: null,
};

interface Verified {
  readonly token: Token;
  readonly principal: Principal;
  /** In milliseconds since the epoch. */
  readonly validUntil: number;
}

export interface TokenVerifierOptions {
  store: Pick<Store, 'tokens'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'warn'>;
  /** Whether {@link DEVELOPMENT_TOKEN} is accepted. */
  acceptDevelopmentToken: boolean;
  /** Verifies JWTs, if an issuer is configured. */
  jwtVerifier?: JwtVerifier | undefined;
}

/** Verifies bearer tokens. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** Valid tokens, by their whole text: an entry means that the secret was compared. */
  readonly #cache = new VerificationCache<Verified>();
  readonly #developmentHash: Uint8Array = hashSecret(DEVELOPMENT_TOKEN);

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * The principal of a token, or undefined if it is unknown, expired or revoked. A promise unless it is cached.
   *
   * @throws JwksUnavailable if the token is a JWT and the JWKS cannot be fetched.
   */
  verify(text: string): Principal | undefined | Promise<Principal | undefined> {
    const { clock, jwtVerifier } = this.#options;
    const now = clock();
    const cached = this.#cache.get(text, now);
    if (cached !== undefined) return now < cached.validUntil ? cached.principal : undefined;
    const parts = parseToken(text);
    if (parts !== undefined) return this.#verifyIssued(text, parts.tokenId, parts.secret, now);
    // Tokens of this service have no full stop.
    if (jwtVerifier !== undefined && looksLikeJwt(text)) return jwtVerifier.verify(text);
    return this.#verifyDevelopmentToken(text);
  }

  /** Must be called when a user is deleted: removes the user's tokens from the cache. */
  invalidateUser(userId: number): void {
    this.#cache.delete(({ token }) => token.userId === userId);
    this.#options.jwtVerifier?.invalidateUser(userId);
  }

  /** Must be called when a token is revoked: removes it from the cache. */
  invalidateToken(tokenId: number): void {
    this.#cache.delete(({ token }) => token.tokenId === tokenId);
  }

  async #verifyIssued(text: string, tokenId: number, secret: string, now: number): Promise<Principal | undefined> {
    const token = await this.#options.store.tokens.get(tokenId);
    const validUntil = token === undefined ? 0 : secretValidUntil(token, secret);
    if (token === undefined || now >= validUntil) return undefined;
    const principal = toPrincipal(token);
    this.#cache.set(text, { token, principal, validUntil }, now);
    this.#recordUse(token, now);
    return principal;
  }

  /** In the background. If it fails, the next use is recorded instead. */
  #recordUse({ tokenId, lastUsedAt }: Token, now: number): void {
    if (now - (lastUsedAt ?? 0) < TOKEN_USE_PRECISION_MS) return;
    const { store, logger } = this.#options;
    store.tokens
      .recordUse(tokenId)
      .catch((err) => logger.warn({ tokenId, err }, 'recording the last use of a token failed'));
  }

  #verifyDevelopmentToken(text: string): Principal | undefined {
    const accepted = this.#options.acceptDevelopmentToken && secretMatches(text, this.#developmentHash);
    return accepted ? DEVELOPMENT_PRINCIPAL : undefined;
  }
}

/** Until when this secret of the token is valid, in milliseconds since the epoch; 0 if it is not the token's secret. */
function secretValidUntil({ secretHash, previousSecret, revokedAt, expiresAt }: Token, secret: string): number {
  const end = revokedAt !== null ? 0 : (expiresAt ?? Number.POSITIVE_INFINITY);
  if (secretMatches(secret, secretHash)) return end;
  if (previousSecret === null || !secretMatches(secret, previousSecret.hash)) return 0;
  return Math.min(end, previousSecret.validUntil);
}
