import type { Change } from '../../domain/changes.ts';
import { type Created, IDEMPOTENCY_KEY_LIFETIME_MS, type IdempotencyKey, KeyReused } from '../../domain/outcomes.ts';
import type { IdempotencyKeyRepository } from '../../domain/store.ts';
import { CHANGE_COLUMNS, toChange } from '../sql/change-rows.ts';
import { type Inserted, ownerOf } from '../sql/inserted.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import { isDeletedUser } from './visibility.ts';

/** The maximum number of keys that are pruned in one transaction. */
const PRUNED_PER_BATCH = 100;

/** The rows of idempotency keys. Call what writes in a transaction. */
export class IdempotencyKeyRows {
  readonly #clock: () => number;
  readonly #select: RowStatement;
  readonly #insert: RowStatement;
  readonly #deleteOld: RowStatement;
  readonly #selectOfUser: RowStatement;
  readonly #deleteOfUser: RowStatement;

  constructor({ db, clock }: Connection) {
    this.#clock = clock;
    this.#select = prepare(
      db,
      `SELECT request_hash, ${CHANGE_COLUMNS.replaceAll(/\w+/g, 'changes.$&')}
       FROM idempotency_keys JOIN changes USING (sequence)
       WHERE key = ? AND created_at > ? AND NOT ${isDeletedUser('idempotency_keys.user_id')}`,
    );
    // An expired key, or one of a soft-deleted user, may still be stored.
    this.#insert = prepare(
      db,
      'INSERT OR REPLACE INTO idempotency_keys (key, request_hash, created_at, sequence, user_id) VALUES (?, ?, ?, ?, ?)',
    );
    this.#deleteOld = prepare(
      db,
      `DELETE FROM idempotency_keys WHERE key IN
       (SELECT key FROM idempotency_keys WHERE created_at <= ? ORDER BY created_at LIMIT ?)`,
    );
    this.#selectOfUser = prepare(db, 'SELECT 1 FROM idempotency_keys WHERE user_id = ? LIMIT ?');
    this.#deleteOfUser = prepare(
      db,
      'DELETE FROM idempotency_keys WHERE key IN (SELECT key FROM idempotency_keys WHERE user_id = ? LIMIT ?)',
    );
  }

  /**
   * Calls `insert`, unless the key was used before: then returns the resource that was created at that time.
   *
   * @param restore returns the resource that a change created.
   */
  insertIdempotently<T extends object, Rejection extends symbol>(
    idempotencyKey: IdempotencyKey | undefined,
    insert: () => Inserted<T> | Rejection,
    restore: (change: Change) => T,
  ): Created<T> | Rejection | typeof KeyReused {
    if (idempotencyKey === undefined) return insert();
    const found = this.#find(idempotencyKey);
    if (found === KeyReused) return found;
    if (found !== undefined) return { item: restore(found), replayed: true };
    const inserted = insert();
    if (typeof inserted !== 'symbol') this.#add(idempotencyKey, inserted.sequence, ownerOf(inserted.item));
    return inserted;
  }

  /** Whether more than `count` keys belong to the user. */
  hasMoreOf(userId: number, count: number): boolean {
    return this.#selectOfUser.all(userId, count + 1).length > count;
  }

  /** Deletes some keys of the user. False if there was none. */
  deleteSomeOf(userId: number, count: number): boolean {
    return this.#deleteOfUser.run(userId, count).changes > 0;
  }

  /** Deletes some expired keys. False if there was none. */
  prune(count: number): boolean {
    return this.#deleteOld.run(this.#clock() - IDEMPOTENCY_KEY_LIFETIME_MS, count).changes > 0;
  }

  /** The change that the first request with this key made, or undefined if the key is new. */
  #find({ key, requestHash }: IdempotencyKey): Change | typeof KeyReused | undefined {
    const row = this.#select.get(key, this.#clock() - IDEMPOTENCY_KEY_LIFETIME_MS);
    if (row === undefined) return undefined;
    const [hash, ...change] = row;
    return Buffer.compare(hash as Uint8Array, requestHash) === 0 ? toChange(change) : KeyReused;
  }

  /** @param userId the owner of the created resource. */
  #add({ key, requestHash }: IdempotencyKey, sequence: number, userId: number | null): void {
    this.#insert.run(key, requestHash, this.#clock(), sequence, userId);
  }
}

export class SqliteIdempotencyKeyRepository implements IdempotencyKeyRepository {
  readonly #session: Session;
  readonly #rows: IdempotencyKeyRows;

  constructor(session: Session, { keys }: { keys: IdempotencyKeyRows }) {
    this.#session = session;
    this.#rows = keys;
  }

  prune(): Promise<boolean> {
    return this.#session.write(() => this.#rows.prune(PRUNED_PER_BATCH));
  }
}
