import type { Change } from '../../domain/changes.ts';
import { type Created, type IdempotencyKey, KEY_LIFETIME, KeyReused } from '../../domain/outcomes.ts';
import { CHANGE_COLUMNS, toChange } from '../sql/change-rows.ts';
import { type Inserted, ownerOf } from '../sql/inserted.ts';
import type { Database, Queryable, Row } from './database.ts';

/** What is to be created once, whatever number of requests bring its key. */
export interface Keyed<Input> {
  input: Input;
  once: IdempotencyKey;
}

type Outcome<T, Refusal> = Created<T> | Refusal | typeof KeyReused;

/**
 * Claims keys: those that are new, or too old to count. Another transaction that has claimed the same key is waited for;
 * in the order of the keys, so that no two wait for each other.
 */
const CLAIM = `
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

/** How many keys are forgotten at once. */
const KEYS_AT_ONCE = 1_000;

/**
 * Creates each input unless its key says that this was done before: the key and what it is for are kept in one
 * transaction. A refusal leaves no key behind.
 *
 * @param insert creates some of them, in order.
 * @param restore what a change created.
 */
export async function insertOnce<Input, T extends object, Refusal extends symbol>(
  db: Database,
  inputs: readonly Keyed<Input>[],
  now: number,
  insert: (client: Queryable, inputs: Input[]) => Promise<(Inserted<T> | Refusal)[]>,
  restore: (client: Queryable, change: Change) => Promise<T> | T,
): Promise<Outcome<T, Refusal>[]> {
  const outcomes = new Map<Keyed<Input>, Outcome<T, Refusal>>();
  let waiting = inputs;
  // Twins wait for the first of them: only where that was refused do they go through the database as well.
  while (waiting.length > 0) {
    const byKey = new Map<string, Keyed<Input>>();
    for (const keyed of waiting) {
      const key = hexKey(keyed.once.key);
      if (!byKey.has(key)) byKey.set(key, keyed);
    }
    const found = await db.transaction((client) => insertFirsts(client, byKey, now, insert, restore));
    for (const [keyed, outcome] of found) outcomes.set(keyed, outcome);
    for (const keyed of waiting) {
      const first = byKey.get(hexKey(keyed.once.key)) as Keyed<Input>;
      const outcome = found.get(first) as Outcome<T, Refusal>;
      if (keyed !== first && typeof outcome !== 'symbol') outcomes.set(keyed, answerTwin(keyed, first, outcome));
    }
    waiting = waiting.filter((keyed) => !outcomes.has(keyed));
  }
  return inputs.map((keyed) => outcomes.get(keyed) as Outcome<T, Refusal>);
}

function answerTwin<T>(
  twin: Keyed<unknown>,
  first: Keyed<unknown>,
  { item }: Created<T>,
): Created<T> | typeof KeyReused {
  const same = Buffer.compare(twin.once.requestHash, first.once.requestHash) === 0;
  return same ? { item, replayed: true } : KeyReused;
}

async function insertFirsts<Input, T extends object, Refusal extends symbol>(
  client: Queryable,
  byKey: Map<string, Keyed<Input>>,
  now: number,
  insert: (client: Queryable, inputs: Input[]) => Promise<(Inserted<T> | Refusal)[]>,
  restore: (client: Queryable, change: Change) => Promise<T> | T,
): Promise<Map<Keyed<Input>, Outcome<T, Refusal>>> {
  const outcomes = new Map<Keyed<Input>, Outcome<T, Refusal>>();
  const all = [...byKey.values()];
  const keys = all.map(({ once }) => once.key);
  const hashes = all.map(({ once }) => once.requestHash);
  const claimedRows = await client.query({
    name: 'claim_keys',
    text: CLAIM,
    values: [keys, hashes, now, now - KEY_LIFETIME],
  });
  const claimedKeys = new Set(claimedRows.map(([key]) => hexKey(key as Uint8Array)));
  // In the order in which they came.
  const claimed = all.filter(({ once }) => claimedKeys.has(hexKey(once.key)));
  if (claimed.length < all.length) {
    for (const [key, hash, ...change] of await client.query({ name: 'select_keys', text: SELECT, values: [keys] })) {
      const keyed = byKey.get(hexKey(key as Uint8Array)) as Keyed<Input>;
      const same = Buffer.compare(hash as Uint8Array, keyed.once.requestHash) === 0;
      outcomes.set(keyed, same ? { item: await restore(client, toChange(change as Row)), replayed: true } : KeyReused);
    }
  }
  if (claimed.length === 0) return outcomes;
  const inserted = await insert(
    client,
    claimed.map(({ input }) => input),
  );
  const kept: [Uint8Array, Inserted<T>][] = [];
  const refused: Uint8Array[] = [];
  for (const [i, outcome] of inserted.entries()) {
    const keyed = claimed[i] as Keyed<Input>;
    outcomes.set(keyed, outcome);
    if (typeof outcome === 'symbol') refused.push(keyed.once.key);
    else kept.push([keyed.once.key, outcome]);
  }
  if (kept.length > 0) {
    const values = [
      kept.map(([key]) => key),
      kept.map(([, { sequence }]) => sequence),
      kept.map(([, { item }]) => ownerOf(item)),
    ];
    await client.query({ name: 'complete_keys', text: COMPLETE, values });
  }
  if (refused.length > 0) {
    const text = 'DELETE FROM idempotency_keys WHERE key = ANY($1::bytea[])';
    await client.query({ name: 'give_back_keys', text, values: [refused] });
  }
  return outcomes;
}

/** Forgets some of the keys that are too old. False when there was none. */
export async function forgetOldKeys(db: Database, now: number): Promise<boolean> {
  const rows = await db.query({
    name: 'forget_old_keys',
    text: `DELETE FROM idempotency_keys WHERE key IN
           (SELECT key FROM idempotency_keys WHERE created_at <= $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING 1`,
    values: [now - KEY_LIFETIME, KEYS_AT_ONCE],
  });
  return rows.length > 0;
}

function hexKey(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
