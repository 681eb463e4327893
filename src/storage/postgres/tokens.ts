import { type NewToken, NoSuchUser, type Token } from '../store.ts';
import { TOKEN_COLUMNS, toToken } from '../token-rows.ts';
import type { Database } from './database.ts';
import { isForeignKeyViolation } from './errors.ts';

export async function insertToken(db: Database, token: NewToken): Promise<Token | typeof NoSuchUser> {
  const { name, secretHash, scopes, plan, userId, createdAt, expiresAt } = token;
  try {
    const [row] = await db.query({
      text: `INSERT INTO tokens (name, secret_hash, scopes, plan, user_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING token_id`,
      values: [name, secretHash, scopes.join(' '), plan, userId, createdAt, expiresAt],
    });
    return { ...token, tokenId: row?.[0] as number, revokedAt: null };
  } catch (error) {
    if (isForeignKeyViolation(error)) return NoSuchUser;
    throw error;
  }
}

export async function selectToken(db: Database, tokenId: number): Promise<Token | undefined> {
  const text = `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE token_id = $1`;
  const [row] = await db.query({ name: 'select_token', text, values: [tokenId] });
  return row === undefined ? undefined : toToken(row);
}

export async function selectTokens(db: Database): Promise<Token[]> {
  return (await db.query({ text: `SELECT ${TOKEN_COLUMNS} FROM tokens ORDER BY token_id` })).map(toToken);
}

/** False when no unrevoked token has this id. */
export async function revokeToken(db: Database, tokenId: number, at: number): Promise<boolean> {
  const text = 'UPDATE tokens SET revoked_at = $2 WHERE token_id = $1 AND revoked_at IS NULL RETURNING 1';
  return (await db.query({ text, values: [tokenId, at] })).length === 1;
}
