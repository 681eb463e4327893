import type { Scope, Token } from './store.ts';

/** The columns that {@link toToken} reads. */
export const TOKEN_COLUMNS = 'token_id, name, secret_hash, scopes, plan, user_id, created_at, expires_at, revoked_at';

export function toToken(row: readonly unknown[]): Token {
  const [tokenId, name, secretHash, scopes, plan, userId, createdAt, expiresAt, revokedAt] = row as [
    number,
    string,
    Uint8Array,
    string,
    string,
    number | null,
    number,
    number | null,
    number | null,
  ];
  const scopeList = scopes.split(' ') as Scope[];
  return { tokenId, name, secretHash, scopes: scopeList, plan, userId, createdAt, expiresAt, revokedAt };
}
