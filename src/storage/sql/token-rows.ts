import type { NewToken, Scope, Token } from '../../domain/tokens.ts';
import type { ListTable } from './list-sql.ts';

/** The columns that {@link toToken} reads. */
export const TOKEN_COLUMNS = `token_id, name, secret_hash, scopes, plan, user_id, created_at, expires_at, revoked_at,
  last_used_at, previous_secret_hash, previous_valid_until`;

export function toToken(row: readonly unknown[]): Token {
  const [tokenId, name, secretHash, scopes, plan, userId, createdAt, expiresAt, revokedAt, lastUsedAt, ...previous] =
    row as [
      number,
      string,
      Uint8Array,
      string,
      string,
      number | null,
      number,
      number | null,
      number | null,
      number | null,
      Uint8Array | null,
      number | null,
    ];
  const [hash, validUntil] = previous;
  return {
    tokenId,
    name,
    secretHash,
    scopes: scopes.split(' ') as Scope[],
    plan,
    userId,
    createdAt,
    expiresAt,
    revokedAt,
    lastUsedAt,
    previousSecret: hash === null || validUntil === null ? null : { hash, validUntil },
  };
}

/** A token that was inserted under an id. */
export function insertedToken(tokenId: number, token: NewToken): Token {
  return { ...token, tokenId, revokedAt: null, lastUsedAt: null, previousSecret: null };
}

/** The list of tokens, in the dialect that the databases share. */
export const TOKEN_LIST: ListTable<object, 'tokenId'> = {
  name: 'tokens',
  columns: TOKEN_COLUMNS,
  visible: 'true',
  filters: {},
  sortColumns: { tokenId: 'token_id' },
  indexed: { '': ['tokenId'] },
};
