import type { FastifyRequest } from 'fastify';
import { type Principal, samePrincipal } from '../domain/principal.ts';
import { type ApiError, unauthorized } from '../http/errors/api-error.ts';
import { addressKey } from '../rate-limit/address-key.ts';
import type { Allowance, Limiter } from '../rate-limit/rate-limiter.ts';
import { rateLimitExceededUntil } from '../rate-limit/rate-limits.ts';
import { requestFields } from '../tracing/request-trace.ts';
import type { FailureLog } from './failure-log.ts';
import { DEVELOPMENT_TOKEN, type TokenVerifier } from './token-verifier.ts';

/** RFC 6750, section 2.1. The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** How many invalid tokens an address may send. */
const INVALID_TOKENS = { perMinute: 30 };

/** Authenticates requests by their bearer token. */
export class Authenticator {
  readonly #verifier: TokenVerifier;
  readonly #clock: () => number;
  readonly #invalidTokens: Limiter;
  readonly #failureLog: FailureLog;

  /**
   * @param invalidTokens counts the invalid tokens of each address.
   * @param clock the time, in milliseconds since the epoch.
   */
  constructor(verifier: TokenVerifier, invalidTokens: Limiter, failureLog: FailureLog, clock: () => number) {
    this.#verifier = verifier;
    this.#invalidTokens = invalidTokens;
    this.#failureLog = failureLog;
    this.#clock = clock;
  }

  /** The principal, or the error response: 401, or 429 after too many invalid tokens. A promise only if I/O is needed. */
  authenticate(request: FastifyRequest): Principal | ApiError | Promise<Principal | ApiError> {
    const text = bearerToken(request);
    if (text === undefined) return unauthorized();
    // Against DNS rebinding: a page whose host name resolves to this machine could use the development token.
    if (text === DEVELOPMENT_TOKEN && !isLocalHost(request.headers.host)) return this.#reject(request);
    const principal = this.#verifier.verify(text);
    if (principal instanceof Promise) return principal.then((verified) => verified ?? this.#reject(request));
    return principal ?? this.#reject(request);
  }

  /**
   * Whether the token of an authenticated request still acts for the same user with the same scopes. For a JWT, the user can
   * change while it is valid. Does not count as a request.
   */
  async isUnchanged(request: FastifyRequest): Promise<boolean> {
    const text = bearerToken(request);
    const principal = text === undefined ? undefined : await this.#verifier.verify(text);
    return principal !== undefined && request.principal !== null && samePrincipal(request.principal, principal);
  }

  #reject(request: FastifyRequest): ApiError | Promise<ApiError> {
    const { ip } = request;
    this.#failureLog.record(ip, requestFields(request));
    const allowance = this.#invalidTokens.count(addressKey(ip), INVALID_TOKENS);
    if (allowance instanceof Promise) return allowance.then((counted) => this.#toError(counted));
    return this.#toError(allowance);
  }

  #toError(allowance: Allowance | undefined): ApiError {
    if (allowance === undefined || allowance.allowed) return unauthorized();
    return rateLimitExceededUntil(allowance.resetsAt, this.#clock());
  }
}

/** The bearer token of a request, or undefined. */
function bearerToken({ headers }: FastifyRequest): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

const LOCAL_HOST = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Whether a `Host` header names the loopback interface (RFC 6761, section 6.3). */
function isLocalHost(host: string | undefined): boolean {
  return host === undefined || LOCAL_HOST.test(host);
}
