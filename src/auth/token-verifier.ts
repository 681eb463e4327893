import type { Logger } from 'pino';
import type { LimitedPlan } from '../config/rate-limits.ts';
import { type Principal, toPrincipal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { TOKEN_USE_PRECISION_MS, type Token } from '../domain/tokens.ts';
import { type JwtVerifier, looksLikeJwt } from './jwt-verifier.ts';
import { hashSecret, parseToken, secretMatches } from './token-format.ts';
import { ShortMemory } from './verification-cache.ts';

/** The literal token of the API's documents. Development mode accepts it; every other way of starting refuses it. */
export const DEVELOPMENT_TOKEN = 'your-token-here';

const PER_MINUTE = 100_000;

/**
 * The plan of {@link DEVELOPMENT_TOKEN}, unless the configuration has one of that name: no script should have to wait. A day
 * allows what its 1,440 minutes do, so that the limit of the minute is the one that counts.
 */
export const DEVELOPMENT_PLAN: [name: string, plan: LimitedPlan] = [
  'development',
  { perMinute: PER_MINUTE, perDay: 1_440 * PER_MINUTE },
];

const DEVELOPMENT_PRINCIPAL: Principal = {
  tokenId: 0,
  scopes: new Set(['admin']),
  plan: DEVELOPMENT_PLAN[0],
  userId: null,
};

interface Remembered {
  readonly token: Token;
  readonly principal: Principal;
  readonly acceptedUntil: number;
}

export interface TokenVerifierOptions {
  store: Pick<Store, 'tokens'>;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'warn'>;
  /** Whether {@link DEVELOPMENT_TOKEN} lets in. */
  acceptDevelopmentToken: boolean;
  /** Judges JWTs, where an issuer is configured. */
  jwtVerifier?: JwtVerifier | undefined;
}

/** Tells whose token it is. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** By the whole text, and accepted ones only: what is found here has been compared before. */
  readonly #memory = new ShortMemory<Remembered>();
  readonly #developmentHash: Uint8Array = hashSecret(DEVELOPMENT_TOKEN);

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * The principal of a token, or undefined for one that is unknown, expired or revoked. A promise only when the
   * store, or the issuer of a JWT, had to be asked.
   *
   * @throws IssuerUnavailable when it is a JWT and the issuer's keys are needed and cannot be read.
   */
  verify(text: string): Principal | undefined | Promise<Principal | undefined> {
    const { clock, jwtVerifier } = this.#options;
    const now = clock();
    const remembered = this.#memory.get(text, now);
    if (remembered !== undefined) return now < remembered.acceptedUntil ? remembered.principal : undefined;
    const parts = parseToken(text);
    if (parts !== undefined) return this.#read(text, parts.tokenId, parts.secret, now);
    // No issued token has a full stop.
    if (jwtVerifier !== undefined && looksLikeJwt(text)) return jwtVerifier.verify(text);
    return this.#verifyDevelopmentToken(text);
  }

  /** To be called when a user is deleted: the tokens bound to the user are no longer remembered. */
  forgetUser(userId: number): void {
    this.#memory.forget(({ token }) => token.userId === userId);
    this.#options.jwtVerifier?.forgetUser(userId);
  }

  /** To be called when a token is revoked: it is no longer remembered. */
  forgetToken(tokenId: number): void {
    this.#memory.forget(({ token }) => token.tokenId === tokenId);
  }

  async #read(text: string, tokenId: number, secret: string, now: number): Promise<Principal | undefined> {
    const token = await this.#options.store.tokens.get(tokenId);
    const acceptedUntil = token === undefined ? 0 : accepts(token, secret);
    if (token === undefined || now >= acceptedUntil) return undefined;
    const principal = toPrincipal(token);
    this.#memory.set(text, { token, principal, acceptedUntil }, now);
    this.#noteUse(token, now);
    return principal;
  }

  /** Nobody waits for it, and when it fails the next use is noted instead. */
  #noteUse({ tokenId, lastUsedAt }: Token, now: number): void {
    if (now - (lastUsedAt ?? 0) < TOKEN_USE_PRECISION_MS) return;
    const { store, logger } = this.#options;
    store.tokens.recordUse(tokenId).catch((err) => logger.warn({ tokenId, err }, 'the use of a token is not noted'));
  }

  #verifyDevelopmentToken(text: string): Principal | undefined {
    const accepted = this.#options.acceptDevelopmentToken && secretMatches(text, this.#developmentHash);
    return accepted ? DEVELOPMENT_PRINCIPAL : undefined;
  }
}

/** Until when a token with this secret is accepted, in milliseconds since the epoch; 0 for a secret that is not its own. */
function accepts({ secretHash, previousSecret, revokedAt, expiresAt }: Token, secret: string): number {
  const end = revokedAt !== null ? 0 : (expiresAt ?? Number.POSITIVE_INFINITY);
  if (secretMatches(secret, secretHash)) return end;
  if (previousSecret === null || !secretMatches(secret, previousSecret.hash)) return 0;
  return Math.min(end, previousSecret.validUntil);
}

/** Whether a token is neither revoked nor expired at an instant (milliseconds since the epoch). */
export function isActive({ revokedAt, expiresAt }: Token, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
