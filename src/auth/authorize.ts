import type { FastifyContextConfig } from 'fastify';
import { holdsScope, type Principal } from '../domain/principal.ts';
import type { Scope } from '../domain/tokens.ts';
import { type ApiError, forbidden, InsufficientScope } from '../http/errors/api-error.ts';

/** 403 unless the principal has the route's scope and, if it is a user token, the data is its user's. */
export function authorize(
  principal: Principal,
  { scope, ownership }: FastifyContextConfig,
  { userId }: Record<string, unknown>,
): ApiError | undefined {
  if (scope === undefined) return undefined;
  if (!holdsScope(principal, scope)) return insufficientScope(principal, scope);
  if (principal.userId === null || ownership === 'handler') return undefined;
  // An invalid ID belongs to no user. Validation rejects it later.
  if (ownership === 'path-parameter' && (userId === principal.userId || typeof userId !== 'number')) return undefined;
  return forbidden();
}

/** 403 for a token without any of these scopes. For a JWT that acts for no one, no scope is named: none would help. */
export function insufficientScope({ denied }: Principal, ...scopes: Scope[]): ApiError {
  return denied === undefined ? new InsufficientScope(scopes.join(' ')) : forbidden();
}
