import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '../../domain/changes.ts';
import { type IdempotencyKey, KEY_LIFETIME, KeyReused } from '../../domain/outcomes.ts';
import { CHANGE_COLUMNS, toChange } from '../sql/change-rows.ts';
import { prepare, type RowStatement } from './rows.ts';
import { isDeletedUser } from './users.ts';

/** The idempotency keys. Whatever writes must be called inside a transaction. */
export class KeyTable {
  readonly #clock: () => number;
  readonly #select: RowStatement;
  readonly #insert: RowStatement;
  readonly #deleteOld: RowStatement;
  readonly #selectOfUser: RowStatement;
  readonly #deleteOfUser: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, clock: () => number) {
    this.#clock = clock;
    this.#select = prepare(
      db,
      `SELECT request_hash, ${CHANGE_COLUMNS.replaceAll(/\w+/g, 'changes.$&')}
       FROM idempotency_keys JOIN changes USING (sequence)
       WHERE key = ? AND created_at > ? AND NOT ${isDeletedUser('idempotency_keys.user_id')}`,
    );
    // One that is too old, or was a deleted user's, may be there still.
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

  /** The change that the same request made before, or undefined when the key is new. */
  find({ key, requestHash }: IdempotencyKey): Change | typeof KeyReused | undefined {
    const row = this.#select.get(key, this.#clock() - KEY_LIFETIME);
    if (row === undefined) return undefined;
    const [hash, ...change] = row;
    return Buffer.compare(hash as Uint8Array, requestHash) === 0 ? toChange(change) : KeyReused;
  }

  /** @param userId whose data the change holds. */
  insert({ key, requestHash }: IdempotencyKey, sequence: number, userId: number | null): void {
    this.#insert.run(key, requestHash, this.#clock(), sequence, userId);
  }

  /** Whether there are more keys for the user's data than so many. */
  hasMoreOf(userId: number, count: number): boolean {
    return this.#selectOfUser.all(userId, count + 1).length > count;
  }

  /** Deletes some of the keys for the user's data. False when there was none. */
  deleteSomeOf(userId: number, count: number): boolean {
    return this.#deleteOfUser.run(userId, count).changes > 0;
  }

  /** Deletes some of those that are too old. False when there was none. */
  deleteSomeOld(count: number): boolean {
    return this.#deleteOld.run(this.#clock() - KEY_LIFETIME, count).changes > 0;
  }
}
