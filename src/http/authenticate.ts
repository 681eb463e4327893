import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../tokens/principal.ts';
import type { TokenVerifier } from '../tokens/verifier.ts';
import { rateLimitExceeded, unauthorized } from './errors.ts';
import { RateLimiter, type Windows } from './rate-limiter.ts';

/** RFC 6750, section 2.1. The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** How many unrecognised tokens an address may present (contract, section 4). */
const UNRECOGNISED = { perMinute: 30, perDay: Number.POSITIVE_INFINITY };
const MAX_ADDRESSES = 100_000;

export interface AuthenticateOptions {
  verifier: TokenVerifier;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/** Lets nobody past without a token, except on public routes and for OPTIONS. Sets `request.principal`. */
export function authenticate(app: FastifyInstance, { verifier, clock }: AuthenticateOptions): void {
  const unrecognised = new RateLimiter(clock, new LRUCache<string | number, Windows>({ max: MAX_ADDRESSES }));
  app.decorateRequest('principal', null);

  app.addHook('onRequest', (request, _reply: FastifyReply, done) => {
    if (request.routeOptions.config.public || request.method === 'OPTIONS') {
      done();
      return;
    }
    const text = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const principal = text === undefined ? undefined : verifier.verify(text);
    if (principal instanceof Promise) {
      principal.then((found) => accept(request, text, found, done), done);
    } else {
      accept(request, text, principal, done);
    }
  });

  function accept(
    request: FastifyRequest,
    text: string | undefined,
    principal: Principal | undefined,
    done: (error?: Error) => void,
  ): void {
    if (principal !== undefined) {
      request.principal = principal;
      done();
    } else {
      done(text === undefined ? unauthorized() : refuse(request.ip));
    }
  }

  function refuse(address: string): Error {
    const allowance = unrecognised.count(address, UNRECOGNISED);
    if (allowance === undefined || allowance.allowed) return unauthorized();
    return rateLimitExceeded(Math.ceil((allowance.resetsAt - clock()) / 1000));
  }
}
