import type { FastifyContextConfig } from 'fastify';
import { holdsScope, type Principal } from '../tokens/principal.ts';
import { type ApiError, forbidden } from './errors.ts';

/** 403 unless the principal holds the route's scope and, where it is bound to a user, the data is that user's. */
export function authorize(
  principal: Principal,
  { scope, ownerParam }: FastifyContextConfig,
  params: Record<string, unknown>,
): ApiError | undefined {
  if (scope === undefined) return undefined;
  if (!holdsScope(principal, scope)) return forbidden();
  if (principal.userId === null || mayUse(principal.userId, ownerParam, params)) return undefined;
  return forbidden();
}

/** A token bound to a user sees that user's data only. What is no id is nobody's: it is refused later, as such. */
function mayUse(userId: number, ownerParam: string | undefined, params: Record<string, unknown>): boolean {
  if (ownerParam === undefined) return false;
  const owner = params[ownerParam];
  return owner === userId || typeof owner !== 'number';
}
