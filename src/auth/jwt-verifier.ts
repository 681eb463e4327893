import { hash } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { JwtConfig } from '../config/jwt.ts';
import type { DeniedReason, Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { emailKey, isEmailAddress } from '../formats/email-address.ts';
import { JwksCache, JwksUnavailable } from './jwks-cache.ts';
import { isAccessToken, readClient, readHolder, readScopes, toTokenId } from './jwt-claims.ts';
import { VerificationCache } from './verification-cache.ts';

/**
 * Asymmetric algorithms only (RFC 7518, section 3.1; RFC 8037). With HS256 the published key would be the secret; `none` is
 * no signature (RFC 8725, section 3.1).
 */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** The allowed difference between the issuer's clock and this one. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** The plan of every JWT. */
const PLAN = 'basic';

export interface JwtVerifierOptions {
  config: JwtConfig;
  store: Pick<Store, 'identities'>;
  /** Whether a JWT acts only for a user whose address is confirmed; otherwise, the user must belong to its subject. */
  requireConfirmedEmail: boolean;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

interface Verified {
  readonly principal: Principal;
  /** In seconds since the epoch. */
  readonly expiresAt: number;
}

/** Verifies JWTs with the issuer's JWKS (RFC 7519, RFC 9068). */
export class JwtVerifier {
  readonly #options: JwtVerifierOptions;
  readonly #jwks: JwksCache;
  /** By SHA-256 of the token. */
  readonly #cache = new VerificationCache<Verified>();

  constructor(options: JwtVerifierOptions) {
    const { config, clock, logger } = options;
    this.#options = options;
    this.#jwks = new JwksCache({ issuer: config.issuer, clock, logger });
  }

  /**
   * The principal of a token, or undefined if it is malformed, expired, forged or for another audience. The principal of a
   * valid token that acts for no one has no scopes. A promise unless it is cached.
   *
   * @throws JwksUnavailable if the JWKS is needed and cannot be fetched.
   */
  verify(text: string): Principal | undefined | Promise<Principal | undefined> {
    const now = this.#options.clock();
    const key = hash('sha256', text);
    const verified = this.#cache.get(key, now);
    if (verified === undefined) return this.#verify(text, key, now);
    return isStillValid(verified.expiresAt, now) ? verified.principal : undefined;
  }

  /** Must be called when a user is deleted: removes the user's tokens from the cache. */
  invalidateUser(userId: number): void {
    this.#cache.delete(({ principal }) => principal.userId === userId);
  }

  async #verify(text: string, key: string, now: number): Promise<Principal | undefined> {
    const claims = await this.#readClaims(text, now);
    if (claims?.sub === undefined || claims.sub === '' || claims.exp === undefined) return undefined;
    const principal = await this.#toPrincipal(claims, claims.sub);
    this.#cache.set(key, { principal, expiresAt: claims.exp }, now);
    return principal;
  }

  async #readClaims(text: string, now: number): Promise<JWTPayload | undefined> {
    const { issuer, audience } = this.#options.config;
    try {
      const { payload, protectedHeader } = await jwtVerify(text, (header, token) => this.#jwks.find(header, token), {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
      });
      const usable = typeof payload.sub === 'string' && isAccessToken(protectedHeader.typ, payload);
      return usable ? payload : undefined;
    } catch (error) {
      if (error instanceof JwksUnavailable) throw error;
      // Any other error, including an unusable key in the JWKS, means that the token is not proven to be valid.
      return undefined;
    }
  }

  async #toPrincipal(claims: JWTPayload, subject: string): Promise<Principal> {
    const { config } = this.#options;
    const tokenId = toTokenId(config.issuer, subject);
    const scopes = readScopes(claims);
    const holder = readHolder(claims, config.serviceClaim);
    const caller = { tokenId, plan: PLAN, client: readClient(claims) };
    if (holder === 'service') return { ...caller, scopes: new Set(scopes), userId: null };
    const user = holder === 'none' ? 'no-identity' : await this.#findUser(holder.email, tokenId);
    // Without scopes the token allows nothing, so userId does not matter.
    if (typeof user === 'string') return { ...caller, scopes: new Set(), userId: null, denied: user };
    return { ...caller, scopes: new Set(scopes.filter((scope) => scope !== 'admin')), userId: user };
  }

  /** The user with an address, or the reason why this subject may not act as that user. */
  async #findUser(email: unknown, subject: string): Promise<number | DeniedReason> {
    const { store, config, requireConfirmedEmail } = this.#options;
    if (typeof email !== 'string' || !isEmailAddress(email)) return 'no-user';
    const key = emailKey(email);
    const claimed = { issuer: config.issuer, subject };
    let identity = await store.identities.find(key, claimed);
    if (requireConfirmedEmail && identity !== undefined) {
      return identity.confirmed ? identity.userId : 'address-not-confirmed';
    }
    // A write, once a user.
    if (identity?.belongsTo === 'free') identity = await store.identities.bind(key, claimed);
    if (identity === undefined) return 'no-user';
    if (identity.belongsTo === 'own') return identity.userId;
    return identity.belongsTo === 'set-by-user' ? 'address-set-by-user' : 'other-subject';
  }
}

/** @param expiresAt in seconds since the epoch; `now` in milliseconds. */
function isStillValid(expiresAt: number, now: number): boolean {
  return expiresAt > Math.floor(now / 1000) - CLOCK_TOLERANCE_SECONDS;
}
