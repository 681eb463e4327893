import type { ItemOutcome, ItemRejection } from '../../domain/batches.ts';
import type { Change } from '../../domain/changes.ts';
import { IDEMPOTENCY_KEY_LIFETIME_MS, type IdempotencyKey, KeyReused } from '../../domain/outcomes.ts';
import type { Task } from '../../domain/tasks.ts';
import type { User } from '../../domain/users.ts';
import { firstSequence, formatItems, parseItems, restoreOutcomes } from '../sql/batch-items.ts';
import { toChange } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection } from './session.ts';
import { VISIBLE_CHANGE } from './visibility.ts';

/** The idempotency keys of batches. Call what writes in a transaction. */
export class BatchKeyRows {
  readonly #clock: () => number;
  readonly #select: RowStatement;
  readonly #insert: RowStatement;
  readonly #selectChange: RowStatement;

  constructor({ db, clock }: Connection) {
    this.#clock = clock;
    this.#select = prepare(db, 'SELECT request_hash, items FROM idempotency_keys WHERE key = ? AND created_at > ?');
    // An expired key may still be stored.
    this.#insert = prepare(
      db,
      'INSERT OR REPLACE INTO idempotency_keys (key, request_hash, created_at, sequence, items) VALUES (?, ?, ?, ?, ?)',
    );
    this.#selectChange = prepare(db, `SELECT ${VISIBLE_CHANGE} FROM changes WHERE sequence = ?`);
  }

  /** The outcomes of the first request with this key, or undefined if the key is new. */
  find<T extends User | Task>({ key, requestHash }: IdempotencyKey): ItemOutcome<T>[] | typeof KeyReused | undefined {
    const row = this.#select.get(key, this.#clock() - IDEMPOTENCY_KEY_LIFETIME_MS);
    if (row === undefined) return undefined;
    const [hash, text] = row as [Uint8Array, string];
    if (Buffer.compare(hash, requestHash) !== 0) return KeyReused;
    const items = parseItems(text);
    const changes = new Map<number, Change>();
    for (const item of items) {
      const change = typeof item === 'number' ? this.#selectChange.get(item) : undefined;
      if (change !== undefined) changes.set(item as number, toChange(change));
    }
    return restoreOutcomes<T>(items, changes);
  }

  /** Stores the key, unless nothing was created. */
  add({ key, requestHash }: IdempotencyKey, outcomes: readonly (Inserted<object> | ItemRejection)[]): void {
    const sequence = firstSequence(outcomes);
    if (sequence !== undefined) this.#insert.run(key, requestHash, this.#clock(), sequence, formatItems(outcomes));
  }
}
