import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MAX_BATCH_ITEMS } from '../domain/batches.ts';
import type { Principal } from '../domain/principal.ts';
import { ANY_PATH } from '../http/cors.ts';
import { type ApiError, notFound } from '../http/errors/api-error.ts';
import { checkProtocol } from '../http/protocol.ts';
import { readPathIds } from '../http/resource/ids.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Authenticator } from './authenticate.ts';
import { authorize } from './authorize.ts';

/** Browsers must not sniff the media type, load anything, show the response in a frame, or cache it. Pages override these. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

export interface AccessControlOptions {
  authenticator: Authenticator;
  limits: RateLimits;
}

/**
 * Checks every request before its body is read: 401, then 429, 404 and 403. It is one hook, because each hook costs every
 * request a few microseconds.
 */
export function addAccessControl(app: FastifyInstance, { authenticator, limits }: AccessControlOptions): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('missingScope', null);
  app.decorateRequest('pattern', null);

  // The number of items is known only when the body has been parsed.
  app.addHook('onRoute', (route) => {
    const field = route.config?.batchOf;
    if (field === undefined) return;
    route.preValidation = (request, reply, done) => {
      const items = (request.body as Record<string, unknown> | null | undefined)?.[field];
      const count = Array.isArray(items) ? Math.min(items.length, MAX_BATCH_ITEMS) : 0;
      const exceeded = limits.countItems(request.principal as Principal, count, reply);
      if (!(exceeded instanceof Promise)) done(exceeded);
      else exceeded.then(done, done);
    };
  });

  // Otherwise, a route without a scope would be open to every token.
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.scope === undefined && config?.public === undefined) {
      throw new Error(`the route ${method} ${url} must name its scope or set \`public\``);
    }
  });

  app.addHook('onRequest', (request, reply, done) => {
    // Read once: the getter creates an object each time.
    const { config, url } = request.routeOptions;
    request.pattern = url ?? null;
    reply.header('x-request-id', request.id);
    reply.headers(SECURITY_HEADERS);
    if (config.public || request.method === 'OPTIONS') {
      done(checkRoute(request, config, null));
    } else {
      const result = authenticator.authenticate(request);
      if (!(result instanceof Promise)) admit(request, reply, config, result, done);
      else result.then((resolved) => admit(request, reply, config, resolved, done), done);
    }
  });

  function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    config: FastifyContextConfig,
    result: Principal | ApiError,
    done: (error?: Error) => void,
  ): void {
    if (result instanceof Error) {
      done(result);
      return;
    }
    request.principal = result;
    const exceeded = limits.count(result, reply);
    if (!(exceeded instanceof Promise)) done(exceeded ?? checkRoute(request, config, result));
    else exceeded.then((error) => done(error ?? checkRoute(request, config, result)), done);
  }
}

function checkRoute(
  request: FastifyRequest,
  config: FastifyContextConfig,
  principal: Principal | null,
): ApiError | undefined {
  const error = checkProtocol(request.raw);
  if (error !== undefined) return error;
  const params = request.params as Record<string, string | number>;
  if (request.is404 || request.pattern === ANY_PATH || !readPathIds(params)) return notFound();
  return principal === null ? undefined : authorize(principal, config, params);
}
