import type { DatabaseSync } from 'node:sqlite';
import { type NewToken, TOKEN_USE_PRECISION, type Token, type TokenRotation } from '../../domain/tokens.ts';
import { NoSuchUser } from '../../domain/users.ts';
import { tokenChanged, tokenCreated } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { insertedToken, TOKEN_COLUMNS, toToken } from '../sql/token-rows.ts';
import type { ChangeTable } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';

/** The tokens. Whatever writes must be called inside a transaction. */
export class TokenTable {
  readonly #changes: ChangeTable;
  readonly #clock: () => number;
  readonly #insertService: RowStatement;
  readonly #insertBound: RowStatement;
  readonly #select: RowStatement;
  readonly #rotate: RowStatement;
  readonly #revoke: RowStatement;
  readonly #noteUse: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, changes: ChangeTable, clock: () => number) {
    this.#changes = changes;
    this.#clock = clock;
    const into = 'INSERT INTO tokens (name, secret_hash, scopes, plan, created_at, expires_at, user_id)';
    this.#insertService = prepare(db, `${into} VALUES (?, ?, ?, ?, ?, ?, NULL)`);
    // No row where there is no such user, or only one that is deleted.
    this.#insertBound = prepare(
      db,
      `${into} SELECT ?, ?, ?, ?, ?, ?, user_id FROM users WHERE user_id = ? AND deleted = 0`,
    );
    this.#select = prepare(db, `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE token_id = ?`);
    this.#rotate = prepare(
      db,
      `UPDATE tokens SET previous_secret_hash = secret_hash, previous_valid_until = ?, secret_hash = ?
       WHERE token_id = ?`,
    );
    this.#revoke = prepare(db, 'UPDATE tokens SET revoked_at = ? WHERE token_id = ?');
    this.#noteUse = prepare(
      db,
      'UPDATE tokens SET last_used_at = ?1 WHERE token_id = ?2 AND coalesce(last_used_at, 0) <= ?1 - ?3',
    );
  }

  insert(token: NewToken, actor: string): Inserted<Token> | typeof NoSuchUser {
    const { name, secretHash, scopes, plan, userId, createdAt, expiresAt } = token;
    const values = [name, secretHash, scopes.join(' '), plan, createdAt, expiresAt];
    const { changes, lastInsertRowid } =
      userId === null ? this.#insertService.run(...values) : this.#insertBound.run(...values, userId);
    if (changes === 0) return NoSuchUser;
    const item = insertedToken(Number(lastInsertRowid), token);
    return { item, replayed: false, sequence: this.#changes.insert(tokenCreated(item), actor) };
  }

  get(tokenId: number): Token | undefined {
    const row = this.#select.get(tokenId);
    return row === undefined ? undefined : toToken(row);
  }

  rotate(tokenId: number, { secretHash, previousValidUntil }: TokenRotation, actor: string): boolean {
    const token = this.#getUnrevoked(tokenId);
    if (token === undefined) return false;
    this.#rotate.run(previousValidUntil, secretHash, tokenId);
    this.#changes.insert(tokenChanged('token.rotated', token), actor);
    return true;
  }

  revoke(tokenId: number, actor: string): boolean {
    const token = this.#getUnrevoked(tokenId);
    if (token === undefined) return false;
    this.#revoke.run(this.#clock(), tokenId);
    this.#changes.insert(tokenChanged('token.revoked', token), actor);
    return true;
  }

  noteUse(tokenId: number): void {
    this.#noteUse.run(this.#clock(), tokenId, TOKEN_USE_PRECISION);
  }

  #getUnrevoked(tokenId: number): Token | undefined {
    const token = this.get(tokenId);
    return token?.revokedAt === null ? token : undefined;
  }
}
