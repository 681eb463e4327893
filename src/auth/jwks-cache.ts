import { type CryptoKey, errors, type FlattenedJWSInput, type JWTHeaderParameters, type RemoteJWKSet } from 'jose';
import type { Logger } from 'pino';
import { Unavailable } from '../http/errors/unavailable.ts';
import { fetchJwks } from './discovery.ts';

/** After how long the JWKS is fetched again, so that a key that the issuer withdraws becomes invalid. */
const MAX_AGE_MS = 10 * 60_000;
/** For how long a stale JWKS is used while the issuer is unavailable. */
const MAX_STALE_AGE_MS = 60 * 60_000;
/** The minimum time between fetches for unknown keys. Anyone can send a token with an unknown key. */
const UNKNOWN_KEY_COOLDOWN_MS = 30_000;
/** How long to wait after a failed fetch. */
const RETRY_DELAY_MS = 5_000;

/** The JWKS is needed and cannot be fetched now. */
export class JwksUnavailable extends Unavailable {
  override name = 'JwksUnavailable';

  /** @param retryAfter the time until the next fetch, in whole seconds. */
  constructor(retryAfter: number) {
    super('the JWKS of JWT_ISSUER is unavailable', retryAfter);
  }
}

export interface JwksCacheOptions {
  issuer: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** The JWKS of an issuer, fetched on demand and cached. */
export class JwksCache {
  readonly #options: JwksCacheOptions;
  #jwks: RemoteJWKSet | undefined;
  #fetchedAt = 0;
  /** When the last fetch failed; undefined if it succeeded. */
  #failedAt: number | undefined;
  #inFlight: Promise<RemoteJWKSet> | undefined;

  constructor(options: JwksCacheOptions) {
    this.#options = options;
  }

  /**
   * The key that a token's header names. If it is unknown, it may be new, so the JWKS is fetched again.
   *
   * @throws JwksUnavailable if a fetch is needed and fails.
   * @throws errors.JOSEError if there is no such key.
   */
  async find(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const jwks = await this.#current();
    try {
      return await jwks(header, token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || this.#since(this.#fetchedAt) < UNKNOWN_KEY_COOLDOWN_MS) throw error;
    }
    const newer = await this.#refresh();
    return newer(header, token);
  }

  async #current(): Promise<RemoteJWKSet> {
    const cached = this.#jwks;
    const age = this.#since(this.#fetchedAt);
    if (cached !== undefined && age < MAX_AGE_MS) return cached;
    const lastFetchFailed = this.#failedAt !== undefined;
    const refreshed = this.#refresh();
    if (cached === undefined || age >= MAX_STALE_AGE_MS) return refreshed;
    const newest = refreshed.catch(() => cached);
    // If the last fetch failed, use the stale JWKS instead of waiting for another timeout.
    return lastFetchFailed ? cached : newest;
  }

  /** Fetches the JWKS. Concurrent callers share one fetch. */
  async #refresh(): Promise<RemoteJWKSet> {
    const delay = this.#failedAt === undefined ? 0 : RETRY_DELAY_MS - this.#since(this.#failedAt);
    if (delay > 0) throw new JwksUnavailable(Math.ceil(delay / 1000));
    this.#inFlight ??= this.#fetch().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #fetch(): Promise<RemoteJWKSet> {
    const { issuer, clock, logger } = this.#options;
    try {
      this.#jwks = await fetchJwks(issuer);
    } catch (error) {
      // Logged once an outage.
      if (this.#failedAt === undefined) logger.warn({ issuer, err: error }, 'JWKS fetch failed; will retry');
      this.#failedAt = clock();
      throw new JwksUnavailable(RETRY_DELAY_MS / 1000);
    }
    if (this.#failedAt !== undefined) logger.info({ issuer }, 'JWKS available again');
    this.#failedAt = undefined;
    this.#fetchedAt = clock();
    return this.#jwks;
  }

  /** The time since an instant; infinite if the clock was set back, so that nothing stays fresh for too long. */
  #since(instant: number): number {
    const age = this.#options.clock() - instant;
    return age >= 0 ? age : Number.POSITIVE_INFINITY;
  }
}
