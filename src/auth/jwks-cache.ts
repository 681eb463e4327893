import { type CryptoKey, errors, type FlattenedJWSInput, type JWTHeaderParameters, type RemoteJWKSet } from 'jose';
import type { Logger } from 'pino';
import { Unavailable } from '../http/errors/unavailable.ts';
import { fetchIssuerKeys } from './discovery.ts';

/** After how long keys are read again, so that one that the issuer withdraws is good no longer. In milliseconds, as all. */
const MAX_AGE = 10 * 60_000;
/** For how long they are good while the issuer cannot be reached. */
const MAX_AGE_WITHOUT_ISSUER = 60 * 60_000;
/** How long after a reading an unknown key does not lead to another: anybody can name unknown keys. */
const COOLDOWN = 30_000;
/** How long after a failure the issuer is left alone. */
const RETRY_PAUSE = 5_000;

/** The issuer's keys are needed and cannot be had now. */
export class IssuerUnavailable extends Unavailable {
  override name = 'IssuerUnavailable';

  /** @param retryAfter when the issuer will be asked again, in whole seconds. */
  constructor(retryAfter: number) {
    super('the keys of JWT_ISSUER cannot be read', retryAfter);
  }
}

export interface IssuerKeysOptions {
  issuer: string;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** The published keys of an issuer, read when they are needed and kept for a while. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: RemoteJWKSet | undefined;
  #readAt = 0;
  #failedAt: number | undefined;
  #reading: Promise<RemoteJWKSet> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /**
   * The key that a token's header names; a key that is not known may be new, and has the keys read again.
   *
   * @throws IssuerUnavailable when the issuer has to be asked and cannot be.
   * @throws errors.JOSEError when there is no such key.
   */
  async find(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#since(this.#readAt) < COOLDOWN) throw error;
    }
    const newer = await this.#read();
    return newer(header, token);
  }

  async #current(): Promise<RemoteJWKSet> {
    const old = this.#keys;
    const age = this.#since(this.#readAt);
    if (old !== undefined && age < MAX_AGE) return old;
    const wasAway = this.#failedAt !== undefined;
    const reading = this.#read();
    if (old === undefined || age >= MAX_AGE_WITHOUT_ISSUER) return reading;
    const newest = reading.catch(() => old);
    // An issuer that was away a moment ago may take long again to say nothing: nobody waits for it who need not.
    return wasAway ? old : newest;
  }

  /** However many ask, the issuer is asked once. */
  async #read(): Promise<RemoteJWKSet> {
    const pause = this.#failedAt === undefined ? 0 : RETRY_PAUSE - this.#since(this.#failedAt);
    if (pause > 0) throw new IssuerUnavailable(Math.ceil(pause / 1000));
    this.#reading ??= this.#fetch().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #fetch(): Promise<RemoteJWKSet> {
    const { issuer, clock, logger } = this.#options;
    try {
      this.#keys = await fetchIssuerKeys(issuer);
    } catch (error) {
      // Once, and not again until it has been there.
      if (this.#failedAt === undefined) logger.warn({ issuer, err: error }, 'the keys of JWT_ISSUER cannot be read');
      this.#failedAt = clock();
      throw new IssuerUnavailable(RETRY_PAUSE / 1000);
    }
    if (this.#failedAt !== undefined) logger.info({ issuer }, 'the keys of JWT_ISSUER can be read again');
    this.#failedAt = undefined;
    this.#readAt = clock();
    return this.#keys;
  }

  /** How long ago an instant was; a clock that was set back must not make it seem recent for ever. */
  #since(instant: number): number {
    const age = this.#options.clock() - instant;
    return age >= 0 ? age : Number.POSITIVE_INFINITY;
  }
}
