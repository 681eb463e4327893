import type { DatabaseSync } from 'node:sqlite';
import { type NewToken, NoSuchUser, type Token } from '../store.ts';
import { TOKEN_COLUMNS, toToken } from '../token-rows.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The tokens. Whatever writes must be called inside a transaction. */
export class TokenTable {
  readonly #insertService: RowStatement;
  readonly #insertBound: RowStatement;
  readonly #select: RowStatement;
  readonly #selectAll: RowStatement;
  readonly #revoke: RowStatement;

  constructor(db: DatabaseSync) {
    const into = 'INSERT INTO tokens (name, secret_hash, scopes, plan, created_at, expires_at, user_id)';
    this.#insertService = prepare(db, `${into} VALUES (?, ?, ?, ?, ?, ?, NULL)`);
    // No row where there is no such user, or only one that is deleted.
    this.#insertBound = prepare(
      db,
      `${into} SELECT ?, ?, ?, ?, ?, ?, user_id FROM users WHERE user_id = ? AND deleted = 0`,
    );
    this.#select = prepare(db, `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE token_id = ?`);
    this.#selectAll = prepare(db, `SELECT ${TOKEN_COLUMNS} FROM tokens ORDER BY token_id`);
    this.#revoke = prepare(db, 'UPDATE tokens SET revoked_at = ? WHERE token_id = ? AND revoked_at IS NULL');
  }

  insert(token: NewToken): Token | typeof NoSuchUser {
    const { name, secretHash, scopes, plan, userId, createdAt, expiresAt } = token;
    const values = [name, secretHash, scopes.join(' '), plan, createdAt, expiresAt];
    const { changes, lastInsertRowid } =
      userId === null ? this.#insertService.run(...values) : this.#insertBound.run(...values, userId);
    return changes === 0 ? NoSuchUser : { ...token, tokenId: Number(lastInsertRowid), revokedAt: null };
  }

  get(tokenId: number): Token | undefined {
    const row = this.#select.get(tokenId);
    return row === undefined ? undefined : toToken(row);
  }

  list(): Token[] {
    return this.#selectAll.all().map(toToken);
  }

  revoke(tokenId: number, at: number): boolean {
    return this.#revoke.run(at, tokenId).changes === 1;
  }
}
