import type { Scope, Token } from './tokens.ts';

/** The caller of a request, for permissions and rate limits. */
export interface Principal {
  /** Identifies the token in the log: its id, 0 for the development token, or a text for a JWT. */
  readonly tokenId: number | string;
  readonly scopes: ReadonlySet<Scope>;
  readonly plan: string;
  /** The OAuth client that got the JWT, for the audit; undefined if it does not say, and for opaque tokens. */
  readonly client?: string | undefined;
  /** The user that a user token acts as, or null for a service token. */
  readonly userId: number | null;
  /** For the log: why a valid JWT has no scopes. Undefined for all others. */
  readonly denied?: DeniedReason;
}

/**
 * Why a JWT acts as no user: it has neither a verified address nor the claim of a service; no user has the address; the
 * user's address is not confirmed; a user token has set it; or the user is bound to another subject.
 */
export type DeniedReason =
  | 'no-identity'
  | 'no-user'
  | 'address-not-confirmed'
  | 'address-set-by-user'
  | 'other-subject';

export function toPrincipal(token: Token): Principal {
  return { tokenId: token.tokenId, scopes: new Set(token.scopes), plan: token.plan, userId: token.userId };
}

/** Whether the principal has a scope. `admin` implies all others. */
export function holdsScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.has(scope) || principal.scopes.has('admin');
}

/** Whether two principals are the same token, for the same user, with the same scopes. */
export function samePrincipal(one: Principal, other: Principal): boolean {
  if (one.tokenId !== other.tokenId || one.userId !== other.userId) return false;
  return one.scopes.size === other.scopes.size && [...one.scopes].every((scope) => other.scopes.has(scope));
}
