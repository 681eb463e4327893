import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../domain/principal.ts';
import { ANY_PATH } from '../http/cors.ts';
import { type ApiError, notFound } from '../http/errors/api-error.ts';
import { checkProtocol } from '../http/protocol.ts';
import { readPathIds } from '../http/resource/ids.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Authenticator } from './authenticate.ts';
import { authorize } from './authorize.ts';

/**
 * For browsers: an answer is what it says and nothing else, loads nothing, is shown in no frame, and is not kept on disk.
 * Pages have rules of their own.
 */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

export interface GateOptions {
  authenticator: Authenticator;
  limits: RateLimits;
}

/**
 * What every request passes before its body is read, in the contract's order of checks: 401, 429, 404, 403. One hook
 * and not one for each, since every hook costs each request some microseconds.
 */
export function guard(app: FastifyInstance, { authenticator, limits }: GateOptions): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('missingScope', null);
  app.decorateRequest('pattern', null);

  // A route that says nothing of itself would be open to every token: that is a mistake, and found at start.
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.scope === undefined && config?.public === undefined) {
      throw new Error(`the route ${method} ${url} must name its scope or say whether it is public`);
    }
  });

  app.addHook('onRequest', (request, reply, done) => {
    // The getter makes a new object each time.
    const { config, url } = request.routeOptions;
    request.pattern = url ?? null;
    reply.header('x-request-id', request.id);
    reply.headers(SECURITY_HEADERS);
    if (config.public || request.method === 'OPTIONS') {
      done(checkRoute(request, config, null));
    } else {
      const identified = authenticator.identify(request);
      if (!(identified instanceof Promise)) admit(request, reply, config, identified, done);
      else identified.then((found) => admit(request, reply, config, found, done), done);
    }
  });

  function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    config: FastifyContextConfig,
    identified: Principal | ApiError,
    done: (error?: Error) => void,
  ): void {
    if (identified instanceof Error) {
      done(identified);
      return;
    }
    request.principal = identified;
    const excess = limits.count(identified, reply);
    if (!(excess instanceof Promise)) done(excess ?? checkRoute(request, config, identified));
    else excess.then((found) => done(found ?? checkRoute(request, config, identified)), done);
  }
}

function checkRoute(
  request: FastifyRequest,
  config: FastifyContextConfig,
  principal: Principal | null,
): ApiError | undefined {
  const fault = checkProtocol(request.raw);
  if (fault !== undefined) return fault;
  const params = request.params as Record<string, string | number>;
  if (request.is404 || request.pattern === ANY_PATH || !readPathIds(params)) return notFound();
  return principal === null ? undefined : authorize(principal, config, params);
}
