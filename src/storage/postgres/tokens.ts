import { type NewToken, TOKEN_USE_PRECISION, type Token, type TokenRotation } from '../../domain/tokens.ts';
import { NoSuchUser } from '../../domain/users.ts';
import { tokenChanged, tokenCreated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { insertedToken, TOKEN_COLUMNS, toToken } from '../sql/token-rows.ts';
import { insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';

/** A token to insert, and who does. */
export interface TokenInput {
  token: NewToken;
  actor: string;
}

/** To be called in a transaction. A user who is bound to is kept from being deleted meanwhile. */
export async function insertToken(
  client: Queryable,
  { token, actor }: TokenInput,
  now: number,
): Promise<Inserted<Token> | typeof NoSuchUser> {
  const { name, secretHash, scopes, plan, userId, createdAt, expiresAt } = token;
  const [row] = await client.query({
    text: `INSERT INTO tokens (name, secret_hash, scopes, plan, user_id, created_at, expires_at)
           SELECT $1, $2, $3, $4, $5, $6, $7
           WHERE $5::bigint IS NULL OR EXISTS (SELECT 1 FROM users WHERE user_id = $5 FOR KEY SHARE)
           RETURNING token_id`,
    values: [name, secretHash, scopes.join(' '), plan, userId, createdAt, expiresAt],
  });
  if (row === undefined) return NoSuchUser;
  const item = insertedToken(row[0] as number, token);
  return { item, replayed: false, sequence: await insertChange(client, tokenCreated(item), actor, now) };
}

export async function selectToken(db: Queryable, tokenId: number): Promise<Token | undefined> {
  const text = `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE token_id = $1`;
  const [row] = await db.query({ name: 'select_token', text, values: [tokenId] });
  return row === undefined ? undefined : toToken(row);
}

/** False when no unrevoked token has this id. */
export function rotateToken(
  db: Database,
  tokenId: number,
  { secretHash, previousValidUntil }: TokenRotation,
  actor: string,
  now: number,
): Promise<boolean> {
  return db.transaction(async (client) => {
    const [row] = await client.query({
      text: `UPDATE tokens SET previous_secret_hash = secret_hash, previous_valid_until = $2, secret_hash = $3
             WHERE token_id = $1 AND revoked_at IS NULL RETURNING ${TOKEN_COLUMNS}`,
      values: [tokenId, previousValidUntil, secretHash],
    });
    if (row === undefined) return false;
    await insertChange(client, tokenChanged('token.rotated', toToken(row)), actor, now);
    return true;
  });
}

/** False when no unrevoked token has this id. */
export function revokeToken(db: Database, tokenId: number, actor: string, now: number): Promise<boolean> {
  return db.transaction(async (client) => {
    const [row] = await client.query({
      text: `UPDATE tokens SET revoked_at = $2 WHERE token_id = $1 AND revoked_at IS NULL RETURNING ${TOKEN_COLUMNS}`,
      values: [tokenId, now],
    });
    if (row === undefined) return false;
    await insertChange(client, tokenChanged('token.revoked', toToken(row)), actor, now);
    return true;
  });
}

export async function noteTokenUse(db: Database, tokenId: number, now: number): Promise<void> {
  const text = 'UPDATE tokens SET last_used_at = $2 WHERE token_id = $1 AND coalesce(last_used_at, 0) <= $3';
  await db.query({ name: 'note_token_use', text, values: [tokenId, now, now - TOKEN_USE_PRECISION] });
}
