import { hash } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { JwtConfig } from '../config/jwt.ts';
import type { DeniedReason, Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { emailKey, isEmailAddress } from '../formats/email-address.ts';
import { IssuerKeys, IssuerUnavailable } from './jwks-cache.ts';
import { isAccessToken, nameToken, readBearer, readScopes } from './jwt-claims.ts';
import { ShortMemory } from './verification-cache.ts';

/** The compact form of a signed token (RFC 7515, section 3.1). */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** A longer text is not looked at. In characters. */
const MAX_LENGTH = 8 * 1024;

/**
 * Signatures by a private key only (RFC 7518, section 3.1; RFC 8037): with HS256 the published key would be the secret,
 * and `none` is no signature at all (RFC 8725, section 3.1).
 */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** How far the issuer's clock may be from this one, in seconds. */
const CLOCK_TOLERANCE = 30;

/** A token names no plan. */
const PLAN = 'basic';

export interface JwtVerifierOptions {
  config: JwtConfig;
  store: Pick<Store, 'identities'>;
  /** Whether a JWT acts only for a user whose address is confirmed; otherwise for one who belongs to its subject. */
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

/** Whether a text has the form of a JWT that {@link JwtVerifier} can judge. */
export function looksLikeJwt(text: string): boolean {
  return text.length <= MAX_LENGTH && JWT.test(text);
}

/** Tells whose JWT it is, by the issuer's published keys (RFC 7519, RFC 9068). */
export class JwtVerifier {
  readonly #options: JwtVerifierOptions;
  readonly #keys: IssuerKeys;
  /** By SHA-256 of the token. */
  readonly #memory = new ShortMemory<Verified>();

  constructor(options: JwtVerifierOptions) {
    const { config, clock, logger } = options;
    this.#options = options;
    this.#keys = new IssuerKeys({ issuer: config.issuer, clock, logger });
  }

  /**
   * The principal of a token, or undefined for one that is malformed, expired, forged or meant for others. One that is
   * good but speaks for nobody has a principal without scopes. A promise only when it is not remembered.
   *
   * @throws IssuerUnavailable when the issuer's keys are needed and cannot be read.
   */
  verify(text: string): Principal | undefined | Promise<Principal | undefined> {
    const now = this.#options.clock();
    const key = hash('sha256', text);
    const verified = this.#memory.get(key, now);
    if (verified === undefined) return this.#verify(text, key, now);
    return isCurrent(verified.expiresAt, now) ? verified.principal : undefined;
  }

  /** To be called when a user is deleted: the tokens bound to the user are no longer remembered. */
  forgetUser(userId: number): void {
    this.#memory.forget(({ principal }) => principal.userId === userId);
  }

  async #verify(text: string, key: string, now: number): Promise<Principal | undefined> {
    const claims = await this.#readClaims(text, now);
    if (claims?.sub === undefined || claims.sub === '' || claims.exp === undefined) return undefined;
    const principal = await this.#toPrincipal(claims, claims.sub);
    this.#memory.set(key, { principal, expiresAt: claims.exp }, now);
    return principal;
  }

  async #readClaims(text: string, now: number): Promise<JWTPayload | undefined> {
    const { issuer, audience } = this.#options.config;
    try {
      const { payload, protectedHeader } = await jwtVerify(text, (header, token) => this.#keys.find(header, token), {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now),
      });
      const usable = typeof payload.sub === 'string' && isAccessToken(protectedHeader.typ, payload);
      return usable ? payload : undefined;
    } catch (error) {
      if (error instanceof IssuerUnavailable) throw error;
      // Whatever else is wrong, also with a published key that cannot be used: nothing shows that the token is good.
      return undefined;
    }
  }

  async #toPrincipal(claims: JWTPayload, subject: string): Promise<Principal> {
    const { config } = this.#options;
    const tokenId = nameToken(config.issuer, subject);
    const scopes = readScopes(claims);
    const bearer = readBearer(claims, config.serviceClaim);
    if (bearer === 'service') return { tokenId, scopes: new Set(scopes), plan: PLAN, userId: null };
    const user = bearer === 'nobody' ? 'no-identity' : await this.#findUser(bearer.email, tokenId);
    // Without scopes it may do nothing, and userId says nothing.
    if (typeof user === 'string') return { tokenId, scopes: new Set(), plan: PLAN, userId: null, denied: user };
    return { tokenId, scopes: new Set(scopes.filter((scope) => scope !== 'admin')), plan: PLAN, userId: user };
  }

  /** The user with an address, if this subject may act as the user; otherwise why not. */
  async #findUser(email: unknown, subject: string): Promise<number | DeniedReason> {
    const { store, config, requireConfirmedEmail } = this.#options;
    if (typeof email !== 'string' || !isEmailAddress(email)) return 'no-user';
    const key = emailKey(email);
    const claimed = { issuer: config.issuer, subject };
    let identity = await store.identities.find(key, claimed);
    if (requireConfirmedEmail && identity !== undefined) {
      return identity.confirmed ? identity.userId : 'address-not-confirmed';
    }
    // Once for each user: a write.
    if (identity?.belongsTo === 'free') identity = await store.identities.bind(key, claimed);
    if (identity === undefined) return 'no-user';
    if (identity.belongsTo === 'own') return identity.userId;
    return identity.belongsTo === 'set-by-user' ? 'address-set-by-user' : 'other-subject';
  }
}

/** Whether a token that expires then (seconds since the epoch) is still good at `now` (milliseconds). */
function isCurrent(expiresAt: number, now: number): boolean {
  return expiresAt > Math.floor(now / 1000) - CLOCK_TOLERANCE;
}
