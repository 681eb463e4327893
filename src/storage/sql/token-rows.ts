import type { NewToken, Scope, Token } from '../../domain/tokens.ts';
import { bytes, columnList, integer, rowDecoder, text } from './columns.ts';
import type { ListTable } from './list-sql.ts';

interface TokenRow extends Omit<Token, 'scopes' | 'previousSecret'> {
  /** Separated by spaces. */
  scopes: string;
  previousSecretHash: Uint8Array | null;
  previousValidUntil: number | null;
}

const TOKEN_FIELDS = {
  tokenId: integer('token_id'),
  name: text('name'),
  secretHash: bytes('secret_hash'),
  scopes: text('scopes'),
  plan: text('plan'),
  userId: integer('user_id'),
  createdAt: integer('created_at'),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  lastUsedAt: integer('last_used_at'),
  previousSecretHash: bytes('previous_secret_hash'),
  previousValidUntil: integer('previous_valid_until'),
};

/** The columns that {@link toToken} reads. */
export const TOKEN_COLUMNS = columnList(TOKEN_FIELDS);

const decode = rowDecoder<TokenRow>(TOKEN_FIELDS);

export function toToken(row: readonly unknown[]): Token {
  const { previousSecretHash: hash, previousValidUntil: validUntil, scopes, ...token } = decode(row);
  return {
    ...token,
    scopes: scopes.split(' ') as Scope[],
    previousSecret: hash === null || validUntil === null ? null : { hash, validUntil },
  };
}

/** The token that was inserted with this id. */
export function insertedToken(tokenId: number, token: NewToken): Token {
  return { ...token, tokenId, revokedAt: null, lastUsedAt: null, previousSecret: null };
}

/** The list of tokens, in both databases. */
export const TOKEN_LIST: ListTable<object, 'tokenId'> = {
  name: 'tokens',
  columns: TOKEN_COLUMNS,
  visible: 'true',
  filters: {},
  sortColumns: { tokenId: 'token_id' },
  indexed: { '': ['tokenId'] },
};
