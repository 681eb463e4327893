import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ChangeQuery } from '../../src/domain/changes.ts';
import { CHANGE_TYPES, type Change, type ChangeFilter } from '../../src/domain/changes.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import fc from '../support/fast-check.ts';
import { BEGIN, pick } from '../support/list-rows.ts';
import { newDatabase } from '../support/stores.ts';

const MINUTE_MS = 60_000;
const ENTRIES = 400;
const ACTORS = ['1', '12', 'jwt:0a shop', 'command-line'];

type Entry = Pick<Change, 'sequence' | 'at' | 'type' | 'actor' | 'userId' | 'taskId'>;

/** An entry each minute, with gaps in the numbers. The clocks of two servers differ by 59 minutes. */
const entries = Array.from({ length: ENTRIES }, (_, n): Entry => {
  return {
    sequence: 5 + 2 * n + (n > 200 ? 1_000_000 : 0),
    at: BEGIN + (n - (n % 5 < 2 ? 59 : 0)) * MINUTE_MS,
    type: pick(CHANGE_TYPES, n * n + 1),
    actor: pick(ACTORS, n),
    userId: n % 5 === 0 ? null : n % 3,
    taskId: n % 5 === 0 ? null : n % 11,
  };
});

function isListed(entry: Entry, { types, changedAfter, changedBefore, ...equal }: ChangeFilter): boolean {
  return (
    (types?.includes(entry.type) ?? true) &&
    (changedAfter === undefined || entry.at >= changedAfter) &&
    (changedBefore === undefined || entry.at < changedBefore) &&
    Object.entries(equal).every(([name, value]) => entry[name as keyof Entry] === value)
  );
}

function expected({ filter, sort, from, limit, count }: ChangeQuery) {
  const ordered = sort[0]?.descending ? entries.toReversed() : entries;
  const all = ordered.filter((entry) => isListed(entry, filter)).map(({ sequence }) => sequence);
  const isBeyond = (sequence: number, position: number) =>
    sort[0]?.descending ? sequence < position : sequence > position;
  const rest =
    'offset' in from ? all.slice(from.offset) : all.filter((sequence) => isBeyond(sequence, from.after[0] as number));
  return { items: rest.slice(0, limit), more: rest.length > limit, ...(count && { total: all.length }) };
}

/** Times of entries, and those just beside. */
const time = fc.tuple(fc.constantFrom(...entries), fc.constantFrom(-1, 0, 1)).map(([{ at }, beside]) => at + beside);

const filters = fc.record(
  {
    userId: fc.constantFrom(0, 1, 9),
    taskId: fc.constantFrom(0, 1, 2, 99),
    types: fc.uniqueArray(fc.constantFrom(...CHANGE_TYPES), { minLength: 1 }),
    actor: fc.constantFrom(...ACTORS, '2', 'jwt:0a'),
    changedAfter: time,
    changedBefore: time,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ChangeFilter>;

/** Queries from any page, or after any entry of the list. */
const queries = fc
  .record({
    filter: filters,
    descending: fc.boolean(),
    limit: fc.constantFrom(1, 7, 100),
    count: fc.boolean(),
    isCursor: fc.boolean(),
    nth: fc.nat(60),
  })
  .map(({ filter, descending, limit, count, isCursor, nth }): ChangeQuery => {
    const listed = entries.filter((entry) => isListed(entry, filter));
    const sort = [{ field: 'sequence' as const, descending }];
    const from = isCursor && listed.length > 0 ? { after: [pick(listed, nth).sequence] } : { offset: nth };
    return { filter, sort, from, limit, count };
  });

testOnBothDatabases('any filters of changes match as in a plain list, although times are not in order', async (t) => {
  const { open, sql } = await newDatabase(t, () => BEGIN);
  const store = open();
  const rows = entries.map(({ sequence, at, type, actor, userId, taskId }) => {
    return `(${sequence}, ${at}, '${type}', '${actor}', ${userId}, ${taskId})`;
  });
  await sql(`INSERT INTO changes (sequence, at, type, actor, user_id, task_id) VALUES ${rows.join(', ')}`);
  await fc.assert(
    fc.asyncProperty(queries, async (query) => {
      const { items, ...page } = await store.changes.list(query);
      assert.deepEqual(
        { ...page, items: items.map(({ sequence }) => sequence) },
        expected(query),
        inspect(query, { depth: 4 }),
      );
    }),
    { numRuns: 500 },
  );
});
