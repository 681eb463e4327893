import type { FastifyContextConfig } from 'fastify';
import { holdsScope, type Principal } from '../domain/principal.ts';
import type { Scope } from '../domain/tokens.ts';
import { type ApiError, forbidden, InsufficientScope } from '../http/errors/api-error.ts';

/** 403 unless the principal holds the route's scope and, where it is bound to a user, the data is that user's. */
export function authorize(
  principal: Principal,
  { scope, boundBy }: FastifyContextConfig,
  { userId }: Record<string, unknown>,
): ApiError | undefined {
  if (scope === undefined) return undefined;
  if (!holdsScope(principal, scope)) return lacksScope(principal, scope);
  if (principal.userId === null || boundBy === 'handler') return undefined;
  // What is no id is nobody's: it is refused later, as such.
  if (boundBy === 'path' && (userId === principal.userId || typeof userId !== 'number')) return undefined;
  return forbidden();
}

/** 403 for a token without any of these scopes. A JWT that acts for nobody is not told of one: with it, it may do no more. */
export function lacksScope({ denied }: Principal, ...scopes: Scope[]): ApiError {
  return denied === undefined ? new InsufficientScope(scopes.join(' ')) : forbidden();
}
