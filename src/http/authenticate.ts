import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../tokens/principal.ts';
import type { TokenVerifier } from '../tokens/verifier.ts';
import { type ApiError, rateLimitExceeded, unauthorized } from './errors.ts';
import { RateLimiter, type Windows } from './rate-limiter.ts';

/** RFC 6750, section 2.1. The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** How many unrecognised tokens an address may present (contract, section 4). */
const UNRECOGNISED = { perMinute: 30, perDay: Number.POSITIVE_INFINITY };
const MAX_ADDRESSES = 100_000;

/** Tells who makes a request, by its bearer token. */
export class Authenticator {
  readonly #verifier: TokenVerifier;
  readonly #clock: () => number;
  readonly #unrecognised: RateLimiter;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(verifier: TokenVerifier, clock: () => number) {
    this.#verifier = verifier;
    this.#clock = clock;
    this.#unrecognised = new RateLimiter(clock, new LRUCache<string | number, Windows>({ max: MAX_ADDRESSES }));
  }

  /** The principal, or the 401 or 429 for there being none. A promise only when the store had to be asked. */
  identify(request: FastifyRequest): Principal | ApiError | Promise<Principal | ApiError> {
    const text = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (text === undefined) return unauthorized();
    const principal = this.#verifier.verify(text);
    if (principal instanceof Promise) return principal.then((found) => found ?? this.#refuse(request.ip));
    return principal ?? this.#refuse(request.ip);
  }

  #refuse(address: string): ApiError {
    const allowance = this.#unrecognised.count(address, UNRECOGNISED);
    if (allowance === undefined || allowance.allowed) return unauthorized();
    return rateLimitExceeded(Math.ceil((allowance.resetsAt - this.#clock()) / 1000));
  }
}
