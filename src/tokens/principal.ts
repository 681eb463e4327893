import type { Scope, Token } from '../storage/store.ts';

/** Who makes a request, as far as permissions and limits are concerned. */
export interface Principal {
  /** Names the token in the log: its id, 0 for the development token, or a text for a JWT. */
  readonly tokenId: number | string;
  readonly scopes: ReadonlySet<Scope>;
  readonly plan: string;
  /** The user it is bound to, or null for a service token. */
  readonly userId: number | null;
}

export function toPrincipal(token: Token): Principal {
  return { tokenId: token.tokenId, scopes: new Set(token.scopes), plan: token.plan, userId: token.userId };
}

/** Whether the principal holds a scope; `admin` implies every other (contract, section 5). */
export function holdsScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.has(scope) || principal.scopes.has('admin');
}
