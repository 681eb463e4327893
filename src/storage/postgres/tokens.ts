import type { Page } from '../../domain/lists.ts';
import type { ActorOptions, Created, CreateOptions, KeyReused } from '../../domain/outcomes.ts';
import {
  type NewToken,
  TOKEN_USE_PRECISION_MS,
  type Token,
  type TokenQuery,
  type TokenRepository,
  type TokenRotation,
} from '../../domain/tokens.ts';
import { NoSuchUser } from '../../domain/users.ts';
import { tokenChanged, tokenCreated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { insertedToken, TOKEN_COLUMNS, TOKEN_LIST, toToken } from '../sql/token-rows.ts';
import { insertChange } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { insertOneIdempotently } from './idempotency-keys.ts';
import type { Lists } from './lists.ts';

export class PostgresTokenRepository implements TokenRepository {
  readonly #db: Database;
  readonly #lists: Lists;
  readonly #clock: () => number;

  constructor(db: Database, { lists, clock }: { lists: Lists; clock: () => number }) {
    this.#db = db;
    this.#lists = lists;
    this.#clock = clock;
  }

  create(token: NewToken, options: CreateOptions): Promise<Created<Token> | typeof NoSuchUser | typeof KeyReused> {
    const now = this.#clock();
    return insertOneIdempotently(this.#db, options.idempotencyKey, now, {
      insert: (client) => insertToken(client, token, options, now),
      restore: async (client, { tokenId }) => (await selectToken(client, tokenId as number)) as Token,
    });
  }

  get(tokenId: number): Promise<Token | undefined> {
    return selectToken(this.#db, tokenId);
  }

  list(query: TokenQuery): Promise<Page<Token>> {
    return this.#lists.read(TOKEN_LIST, toToken, query);
  }

  rotate(tokenId: number, { secretHash, previousValidUntil }: TokenRotation, options: ActorOptions): Promise<boolean> {
    return this.#db.transaction(async (client) => {
      const [row] = await client.query({
        text: `UPDATE tokens SET previous_secret_hash = secret_hash, previous_valid_until = $2, secret_hash = $3
               WHERE token_id = $1 AND revoked_at IS NULL RETURNING ${TOKEN_COLUMNS}`,
        values: [tokenId, previousValidUntil, secretHash],
      });
      if (row === undefined) return false;
      await insertChange(client, tokenChanged('token.rotated', toToken(row)), options, this.#clock());
      return true;
    });
  }

  revoke(tokenId: number, options: ActorOptions): Promise<boolean> {
    const now = this.#clock();
    return this.#db.transaction(async (client) => {
      const [row] = await client.query({
        text: `UPDATE tokens SET revoked_at = $2 WHERE token_id = $1 AND revoked_at IS NULL RETURNING ${TOKEN_COLUMNS}`,
        values: [tokenId, now],
      });
      if (row === undefined) return false;
      await insertChange(client, tokenChanged('token.revoked', toToken(row)), options, now);
      return true;
    });
  }

  async recordUse(tokenId: number): Promise<void> {
    const now = this.#clock();
    const text = 'UPDATE tokens SET last_used_at = $2 WHERE token_id = $1 AND coalesce(last_used_at, 0) <= $3';
    await this.#db.query({ name: 'record_token_use', text, values: [tokenId, now, now - TOKEN_USE_PRECISION_MS] });
  }
}

/** Inserts a token. The user that it acts as is locked against deletion. Call it in a transaction. */
async function insertToken(
  client: Queryable,
  token: NewToken,
  options: ActorOptions,
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
  return { item, replayed: false, sequence: await insertChange(client, tokenCreated(item), options, now) };
}

async function selectToken(db: Queryable, tokenId: number): Promise<Token | undefined> {
  const text = `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE token_id = $1`;
  const [row] = await db.query({ name: 'select_token', text, values: [tokenId] });
  return row === undefined ? undefined : toToken(row);
}
