import {
  type CreateBatchOptions,
  type CreatedBatch,
  type ItemOutcome,
  isRejected,
  notStored,
} from '../../domain/batches.ts';
import type { Change } from '../../domain/changes.ts';
import { IDEMPOTENCY_KEY_LIFETIME_MS, type IdempotencyKey, KeyReused } from '../../domain/outcomes.ts';
import type { Task } from '../../domain/tasks.ts';
import type { User } from '../../domain/users.ts';
import { firstSequence, formatItems, parseItems, restoreOutcomes, toOutcome } from '../sql/batch-items.ts';
import { CHANGE_COLUMNS, toChange } from '../sql/change-rows.ts';
import type { Inserted } from '../sql/inserted.ts';
import type { Database, Queryable } from './database.ts';
import { CLAIM } from './idempotency-keys.ts';

/** The maximum number of batches of one resource that run at the same time. Each has a connection of its own. */
export const MAX_BATCHES = 2;

/**
 * Creates the items of a batch in one transaction, unless its idempotency key was used before.
 *
 * @param insert creates the items that can be stored, and returns an outcome for each item.
 */
export function createBatch<T extends User | Task>(
  db: Database,
  { lenient, idempotencyKey }: CreateBatchOptions,
  now: number,
  insert: (client: Queryable) => Promise<(Inserted<T> | symbol)[]>,
): Promise<CreatedBatch<T> | typeof KeyReused> {
  return db.transaction(async (client) => {
    await client.query({ text: 'SAVEPOINT batch' });
    if (idempotencyKey !== undefined && !(await claimKey(client, idempotencyKey, now))) {
      const outcomes = await findOutcomes<T>(client, idempotencyKey);
      return outcomes === KeyReused ? outcomes : { outcomes, replayed: true };
    }
    const outcomes = (await insert(client)).map(toOutcome);
    const sequence = firstSequence(outcomes);
    const stored = sequence !== undefined && (lenient || !outcomes.some(isRejected));
    if (!stored) {
      // Also releases the key.
      await client.query({ text: 'ROLLBACK TO SAVEPOINT batch' });
      return { outcomes: lenient ? outcomes.filter(isRejected) : notStored(outcomes), replayed: false };
    }
    if (idempotencyKey !== undefined) {
      await client.query({
        name: 'complete_batch_key',
        text: 'UPDATE idempotency_keys SET sequence = $2, items = $3 WHERE key = $1',
        values: [idempotencyKey.key, sequence, formatItems(outcomes)],
      });
    }
    return { outcomes: outcomes.map((outcome) => (isRejected(outcome) ? outcome : outcome.item)), replayed: false };
  });
}

/** Claims a key that is new or expired. Waits for another transaction that has claimed it. */
async function claimKey(client: Queryable, { key, requestHash }: IdempotencyKey, now: number): Promise<boolean> {
  const values = [[key], [requestHash], now, now - IDEMPOTENCY_KEY_LIFETIME_MS];
  return (await client.query({ name: 'claim_keys', text: CLAIM, values })).length > 0;
}

/** The outcomes of the first request with a key. */
async function findOutcomes<T extends User | Task>(
  client: Queryable,
  { key, requestHash }: IdempotencyKey,
): Promise<ItemOutcome<T>[] | typeof KeyReused> {
  const text = 'SELECT request_hash, items FROM idempotency_keys WHERE key = $1';
  const [row] = await client.query({ name: 'select_batch_key', text, values: [key] });
  const [hash, stored] = row as [Uint8Array, string];
  if (Buffer.compare(hash, requestHash) !== 0) return KeyReused;
  const items = parseItems(stored);
  const rows = await client.query({
    name: 'select_created',
    text: `SELECT ${CHANGE_COLUMNS} FROM changes WHERE sequence = ANY($1::bigint[])`,
    values: [items.filter((item) => typeof item === 'number')],
  });
  const changes = rows.map(toChange).map((change): [number, Change] => [change.sequence, change]);
  return restoreOutcomes<T>(items, new Map(changes));
}
