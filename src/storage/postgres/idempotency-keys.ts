import type { Change } from '../../domain/changes.ts';
import { type Created, IDEMPOTENCY_KEY_LIFETIME_MS, type IdempotencyKey, KeyReused } from '../../domain/outcomes.ts';
import type { IdempotencyKeyRepository } from '../../domain/store.ts';
import { CHANGE_COLUMNS, toChange } from '../sql/change-rows.ts';
import { type Inserted, ownerOf } from '../sql/inserted.ts';
import type { Database, Queryable, Row } from './database.ts';

/** An input that is created once, even if several requests have its idempotency key. */
export interface WithIdempotencyKey<Input> {
  input: Input;
  idempotencyKey: IdempotencyKey;
}

type Outcome<T, Rejection> = Created<T> | Rejection | typeof KeyReused;

/**
 * Claims the keys that are new or expired, and waits for other transactions that have claimed the same keys. Sorted by
 * key, to avoid deadlocks.
 */
export const CLAIM = `
  INSERT INTO idempotency_keys (key, request_hash, created_at)
    SELECT key, request_hash, $3 FROM unnest($1::bytea[], $2::bytea[]) AS input (key, request_hash) ORDER BY key
    ON CONFLICT (key) DO UPDATE
      SET request_hash = excluded.request_hash, created_at = excluded.created_at, sequence = NULL, user_id = NULL
      WHERE idempotency_keys.created_at <= $4
    RETURNING key`;

const SELECT = `
  SELECT key, request_hash, ${CHANGE_COLUMNS.replaceAll(/\w+/g, 'changes.$&')}
  FROM idempotency_keys JOIN changes USING (sequence) WHERE key = ANY($1::bytea[])`;

const COMPLETE = `
  UPDATE idempotency_keys SET sequence = input.sequence, user_id = input.user_id
  FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS input (key, sequence, user_id)
  WHERE idempotency_keys.key = input.key`;

/** The maximum number of keys that are pruned in one transaction. */
const PRUNED_PER_BATCH = 1_000;

/**
 * Creates each input unless its key was used before. The key and the resource are stored in one transaction; a rejected
 * input stores no key.
 *
 * @param insert creates some inputs, in order.
 * @param restore returns the resource that a change created.
 */
export async function insertIdempotently<Input, T extends object, Rejection extends symbol>(
  db: Database,
  inputs: readonly WithIdempotencyKey<Input>[],
  now: number,
  insert: (client: Queryable, inputs: Input[]) => Promise<(Inserted<T> | Rejection)[]>,
  restore: (client: Queryable, change: Change) => Promise<T> | T,
): Promise<Outcome<T, Rejection>[]> {
  const outcomes = new Map<WithIdempotencyKey<Input>, Outcome<T, Rejection>>();
  let waiting = inputs;
  // Duplicates wait for the first request: they go to the database only if that one is rejected.
  while (waiting.length > 0) {
    const byKey = new Map<string, WithIdempotencyKey<Input>>();
    for (const request of waiting) {
      const key = hexKey(request.idempotencyKey.key);
      if (!byKey.has(key)) byKey.set(key, request);
    }
    const found = await db.transaction((client) => insertFirsts(client, byKey, now, insert, restore));
    for (const [request, outcome] of found) outcomes.set(request, outcome);
    for (const request of waiting) {
      const first = byKey.get(hexKey(request.idempotencyKey.key)) as WithIdempotencyKey<Input>;
      const outcome = found.get(first) as Outcome<T, Rejection>;
      if (request !== first && typeof outcome !== 'symbol')
        outcomes.set(request, outcomeOfDuplicate(request, first, outcome));
    }
    waiting = waiting.filter((request) => !outcomes.has(request));
  }
  return inputs.map((request) => outcomes.get(request) as Outcome<T, Rejection>);
}

function outcomeOfDuplicate<T>(
  duplicate: WithIdempotencyKey<unknown>,
  first: WithIdempotencyKey<unknown>,
  { item }: Created<T>,
): Created<T> | typeof KeyReused {
  const same = Buffer.compare(duplicate.idempotencyKey.requestHash, first.idempotencyKey.requestHash) === 0;
  return same ? { item, replayed: true } : KeyReused;
}

async function insertFirsts<Input, T extends object, Rejection extends symbol>(
  client: Queryable,
  byKey: Map<string, WithIdempotencyKey<Input>>,
  now: number,
  insert: (client: Queryable, inputs: Input[]) => Promise<(Inserted<T> | Rejection)[]>,
  restore: (client: Queryable, change: Change) => Promise<T> | T,
): Promise<Map<WithIdempotencyKey<Input>, Outcome<T, Rejection>>> {
  const outcomes = new Map<WithIdempotencyKey<Input>, Outcome<T, Rejection>>();
  const all = [...byKey.values()];
  const keys = all.map(({ idempotencyKey }) => idempotencyKey.key);
  const hashes = all.map(({ idempotencyKey }) => idempotencyKey.requestHash);
  const claimedRows = await client.query({
    name: 'claim_keys',
    text: CLAIM,
    values: [keys, hashes, now, now - IDEMPOTENCY_KEY_LIFETIME_MS],
  });
  const claimedKeys = new Set(claimedRows.map(([key]) => hexKey(key as Uint8Array)));
  // In order of arrival.
  const claimed = all.filter(({ idempotencyKey }) => claimedKeys.has(hexKey(idempotencyKey.key)));
  if (claimed.length < all.length) {
    for (const [key, hash, ...change] of await client.query({ name: 'select_keys', text: SELECT, values: [keys] })) {
      const request = byKey.get(hexKey(key as Uint8Array)) as WithIdempotencyKey<Input>;
      const same = Buffer.compare(hash as Uint8Array, request.idempotencyKey.requestHash) === 0;
      outcomes.set(
        request,
        same ? { item: await restore(client, toChange(change as Row)), replayed: true } : KeyReused,
      );
    }
  }
  if (claimed.length === 0) return outcomes;
  const inserted = await insert(
    client,
    claimed.map(({ input }) => input),
  );
  const inserts: [Uint8Array, Inserted<T>][] = [];
  const rejected: Uint8Array[] = [];
  for (const [i, outcome] of inserted.entries()) {
    const request = claimed[i] as WithIdempotencyKey<Input>;
    outcomes.set(request, outcome);
    if (typeof outcome === 'symbol') rejected.push(request.idempotencyKey.key);
    else inserts.push([request.idempotencyKey.key, outcome]);
  }
  if (inserts.length > 0) {
    const values = [
      inserts.map(([key]) => key),
      inserts.map(([, { sequence }]) => sequence),
      inserts.map(([, { item }]) => ownerOf(item)),
    ];
    await client.query({ name: 'complete_keys', text: COMPLETE, values });
  }
  if (rejected.length > 0) {
    const text = 'DELETE FROM idempotency_keys WHERE key = ANY($1::bytea[])';
    await client.query({ name: 'release_keys', text, values: [rejected] });
  }
  return outcomes;
}

/** As {@link insertIdempotently} for one input, whose key is optional. */
export async function insertOneIdempotently<T extends object, Rejection extends symbol>(
  db: Database,
  idempotencyKey: IdempotencyKey | undefined,
  now: number,
  steps: {
    insert: (client: Queryable) => Promise<Inserted<T> | Rejection>;
    restore: (client: Queryable, change: Change) => Promise<T> | T;
  },
): Promise<Outcome<T, Rejection>> {
  if (idempotencyKey === undefined) return db.transaction(steps.insert);
  const insert = async (client: Queryable) => [await steps.insert(client)];
  const [outcome] = await insertIdempotently(db, [{ input: undefined, idempotencyKey }], now, insert, steps.restore);
  return outcome as Outcome<T, Rejection>;
}

export class PostgresIdempotencyKeyRepository implements IdempotencyKeyRepository {
  readonly #db: Database;
  readonly #clock: () => number;

  constructor(db: Database, { clock }: { clock: () => number }) {
    this.#db = db;
    this.#clock = clock;
  }

  async prune(): Promise<boolean> {
    const rows = await this.#db.query({
      name: 'prune_keys',
      text: `DELETE FROM idempotency_keys WHERE key IN
             (SELECT key FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
             RETURNING 1`,
      values: [this.#clock() - IDEMPOTENCY_KEY_LIFETIME_MS, PRUNED_PER_BATCH],
    });
    return rows.length > 0;
  }
}

function hexKey(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
