import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { holdsScope, type Principal } from '../tokens/principal.ts';
import { type ApiError, forbidden } from './errors.ts';

/** 403 unless the principal holds the route's scope and, where it is bound to a user, the data is that user's. */
export function authorize(
  principal: Principal,
  { scope, boundBy }: FastifyContextConfig,
  { userId }: Record<string, unknown>,
): ApiError | undefined {
  if (scope === undefined) return undefined;
  if (!holdsScope(principal, scope)) return forbidden();
  if (principal.userId === null || boundBy === 'handler') return undefined;
  // What is no id is nobody's: it is refused later, as such.
  if (boundBy === 'path' && (userId === principal.userId || typeof userId !== 'number')) return undefined;
  return forbidden();
}

/** The user whose data alone the request may touch, or undefined where it may touch everybody's. */
export function boundUser({ principal }: FastifyRequest): number | undefined {
  return principal?.userId ?? undefined;
}

/** Who makes the request, as the change log names it. */
export function actorOf({ principal }: FastifyRequest): string {
  return String(principal?.tokenId);
}
