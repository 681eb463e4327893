import type { Change } from '../../domain/changes.ts';
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
import type { ChangeRows } from './changes.ts';
import type { IdempotencyKeyRows } from './idempotency-keys.ts';
import type { ListReader } from './lists.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import { type OnBoth, onBoth } from './snapshots.ts';

/** The rows of tokens. Call what writes in a transaction. */
export class TokenRows {
  readonly #changes: ChangeRows;
  readonly #clock: () => number;
  readonly #insertServiceToken: RowStatement;
  readonly #insertUserToken: RowStatement;
  readonly #select: RowStatement;
  readonly #rotate: RowStatement;
  readonly #revoke: RowStatement;
  readonly #recordUse: RowStatement;

  constructor({ db, clock }: Connection, changes: ChangeRows) {
    this.#changes = changes;
    this.#clock = clock;
    const into = 'INSERT INTO tokens (name, secret_hash, scopes, plan, created_at, expires_at, user_id)';
    this.#insertServiceToken = prepare(db, `${into} VALUES (?, ?, ?, ?, ?, ?, NULL)`);
    // Inserts no row if there is no such user.
    this.#insertUserToken = prepare(
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
    this.#recordUse = prepare(
      db,
      'UPDATE tokens SET last_used_at = ?1 WHERE token_id = ?2 AND coalesce(last_used_at, 0) <= ?1 - ?3',
    );
  }

  insert(token: NewToken, options: ActorOptions): Inserted<Token> | typeof NoSuchUser {
    const { name, secretHash, scopes, plan, userId, createdAt, expiresAt } = token;
    const values = [name, secretHash, scopes.join(' '), plan, createdAt, expiresAt];
    const { changes, lastInsertRowid } =
      userId === null ? this.#insertServiceToken.run(...values) : this.#insertUserToken.run(...values, userId);
    if (changes === 0) return NoSuchUser;
    const item = insertedToken(Number(lastInsertRowid), token);
    return { item, replayed: false, sequence: this.#changes.insert(tokenCreated(item), options) };
  }

  get(tokenId: number): Token | undefined {
    const row = this.#select.get(tokenId);
    return row === undefined ? undefined : toToken(row);
  }

  rotate(tokenId: number, { secretHash, previousValidUntil }: TokenRotation, options: ActorOptions): boolean {
    const token = this.#getUnrevoked(tokenId);
    if (token === undefined) return false;
    this.#rotate.run(previousValidUntil, secretHash, tokenId);
    this.#changes.insert(tokenChanged('token.rotated', token), options);
    return true;
  }

  revoke(tokenId: number, options: ActorOptions): boolean {
    const token = this.#getUnrevoked(tokenId);
    if (token === undefined) return false;
    this.#revoke.run(this.#clock(), tokenId);
    this.#changes.insert(tokenChanged('token.revoked', token), options);
    return true;
  }

  recordUse(tokenId: number): void {
    this.#recordUse.run(this.#clock(), tokenId, TOKEN_USE_PRECISION_MS);
  }

  #getUnrevoked(tokenId: number): Token | undefined {
    const token = this.get(tokenId);
    return token?.revokedAt === null ? token : undefined;
  }
}

export interface SqliteTokenRepositoryDependencies {
  changes: OnBoth<ChangeRows>;
  lists: ListReader;
  keys: IdempotencyKeyRows;
}

export class SqliteTokenRepository implements TokenRepository {
  readonly #session: Session;
  readonly #rows: OnBoth<TokenRows>;
  readonly #lists: ListReader;
  readonly #keys: IdempotencyKeyRows;

  constructor(session: Session, { changes, lists, keys }: SqliteTokenRepositoryDependencies) {
    this.#session = session;
    this.#rows = onBoth((name) => new TokenRows(session.connections[name], changes[name]));
    this.#lists = lists;
    this.#keys = keys;
  }

  create(token: NewToken, options: CreateOptions): Promise<Created<Token> | typeof NoSuchUser | typeof KeyReused> {
    const insert = () => this.#rows.writing.insert(token, options);
    const restore = ({ tokenId }: Change) => this.#rows.writing.get(tokenId as number) as Token;
    return this.#session.write(() => this.#keys.insertIdempotently(options.idempotencyKey, insert, restore));
  }

  get(tokenId: number): Promise<Token | undefined> {
    return this.#session.read(this.#rows, (rows) => rows.get(tokenId));
  }

  list(query: TokenQuery): Promise<Page<Token>> {
    return this.#lists.read({ table: TOKEN_LIST, toItem: toToken }, query);
  }

  rotate(tokenId: number, rotation: TokenRotation, options: ActorOptions): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.rotate(tokenId, rotation, options));
  }

  revoke(tokenId: number, options: ActorOptions): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.revoke(tokenId, options));
  }

  recordUse(tokenId: number): Promise<void> {
    return this.#session.write(() => this.#rows.writing.recordUse(tokenId));
  }
}
