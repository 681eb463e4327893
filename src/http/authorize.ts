import type { FastifyInstance } from 'fastify';
import { holdsScope } from '../tokens/principal.ts';
import { forbidden, notFound } from './errors.ts';

/** The contract's order of checks after 401 and 429: is there such a route, and may this token use it? */
export function authorize(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) {
      done(notFound());
      return;
    }
    const { principal } = request;
    const { scope, ownerParam } = request.routeOptions.config;
    if (principal === null || scope === undefined) {
      done();
      return;
    }
    const bound = principal.userId;
    const allowed = holdsScope(principal, scope) && (bound === null || mayUse(bound, request.params, ownerParam));
    done(allowed ? undefined : forbidden());
  });
}

/** A token bound to a user sees that user's data only. What is no id is nobody's: it is refused later, as such. */
function mayUse(userId: number, params: unknown, ownerParam: string | undefined): boolean {
  if (ownerParam === undefined) return false;
  const owner = (params as Record<string, unknown>)[ownerParam];
  return owner === userId || typeof owner !== 'number';
}
