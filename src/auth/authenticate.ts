import type { FastifyRequest } from 'fastify';
import { type Principal, samePrincipal } from '../domain/principal.ts';
import { type ApiError, unauthorized } from '../http/errors/api-error.ts';
import { addressKey } from '../rate-limit/address-key.ts';
import type { Allowance, Limiter } from '../rate-limit/rate-limiter.ts';
import { tooMany } from '../rate-limit/rate-limits.ts';
import type { FailureLog } from './failure-log.ts';
import { DEVELOPMENT_TOKEN, type TokenVerifier } from './token-verifier.ts';

/** RFC 6750, section 2.1. The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** How many unrecognised tokens an address may present (contract, section 4). */
const UNRECOGNISED = { perMinute: 30 };

/** Tells who makes a request, by its bearer token. */
export class Authenticator {
  readonly #verifier: TokenVerifier;
  readonly #clock: () => number;
  readonly #unrecognised: Limiter;
  readonly #failureLog: FailureLog;

  /**
   * @param unrecognised counts the unrecognised tokens of each address.
   * @param failureLog told of each of them.
   * @param clock the time, in milliseconds since the epoch.
   */
  constructor(verifier: TokenVerifier, unrecognised: Limiter, failureLog: FailureLog, clock: () => number) {
    this.#verifier = verifier;
    this.#unrecognised = unrecognised;
    this.#failureLog = failureLog;
    this.#clock = clock;
  }

  /** The principal, or the 401 or 429 for there being none. A promise only when the store or others had to be asked. */
  identify(request: FastifyRequest): Principal | ApiError | Promise<Principal | ApiError> {
    const text = bearerToken(request);
    if (text === undefined) return unauthorized();
    // A page that has its own name resolve to this machine could otherwise use the token of the documents.
    if (text === DEVELOPMENT_TOKEN && !namesThisMachine(request.headers.host)) return this.#refuse(request);
    const principal = this.#verifier.verify(text);
    if (principal instanceof Promise) return principal.then((found) => found ?? this.#refuse(request));
    return principal ?? this.#refuse(request);
  }

  /**
   * Whether the token of a request that was let in still acts for the same user with the same scopes: whom a JWT acts for
   * can change while it is valid. Counts nothing.
   */
  async isUnchanged(request: FastifyRequest): Promise<boolean> {
    const text = bearerToken(request);
    const principal = text === undefined ? undefined : await this.#verifier.verify(text);
    return principal !== undefined && request.principal !== null && samePrincipal(request.principal, principal);
  }

  #refuse({ ip, id }: FastifyRequest): ApiError | Promise<ApiError> {
    this.#failureLog.record(ip, id);
    const allowance = this.#unrecognised.count(addressKey(ip), UNRECOGNISED);
    return allowance instanceof Promise ? allowance.then((found) => this.#answer(found)) : this.#answer(allowance);
  }

  #answer(allowance: Allowance | undefined): ApiError {
    return allowance === undefined || allowance.allowed ? unauthorized() : tooMany(allowance, this.#clock());
  }
}

/** The token that a request brings, if it brings one. */
function bearerToken({ headers }: FastifyRequest): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

const THIS_MACHINE = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Whether a `Host` header is one that only this machine itself can be reached by (RFC 6761, section 6.3). */
function namesThisMachine(host: string | undefined): boolean {
  return host === undefined || THIS_MACHINE.test(host);
}
