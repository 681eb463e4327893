import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ChangeFilter, ChangeQuery } from '../../../src/domain/changes.ts';
import { toChangeRowQuery } from '../../../src/storage/sql/change-list.ts';
import { CHANGES } from '../../../src/storage/sqlite/changes.ts';
import { LongListReader } from '../../../src/storage/sqlite/long-list-reader.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { emptyDatabase } from './empty-database.ts';
import { plansOf } from './list-plans.ts';

const DAY_MS = 24 * 60 * 60_000;
const PERIOD = { changedAfter: DAY_MS, changedBefore: 2 * DAY_MS };

/** Every page of a list: both orders, from the start and after a cursor position. */
function pagesOf(filter: ChangeFilter): ChangeQuery[] {
  return [false, true].flatMap((descending) =>
    [{ offset: 0 }, { after: [7] }].map((from) => {
      return { filter, from, sort: [{ field: 'sequence' as const, descending }], limit: 20, count: false };
    }),
  );
}

test('only lists of changes by user or by task, or without a filter, are read in the event loop', async (t) => {
  const store = openSqliteStore({ file: join(tempFolder(t), 'test.db'), clock: () => 0 });
  t.after(() => store.close());
  const read = t.mock.method(LongListReader.prototype, 'read', async () => ({ items: [], more: false }));
  const others: ChangeFilter[] = [
    { types: ['task.created'] },
    { actor: '1' },
    { changedAfter: 0 },
    { changedBefore: 0 },
    { ...PERIOD, types: ['task.created', 'task.deleted'], actor: '1', userId: 1, taskId: 1 },
    { userId: 1, types: ['task.created'] },
  ];
  for (const [filters, expected] of [
    [[{}, { userId: 1 }, { taskId: 1 }], 0],
    [others, 1],
  ] as const) {
    for (const query of filters.flatMap(pagesOf)) {
      const before = read.mock.callCount();
      await store.changes.list(query);
      assert.equal(read.mock.callCount() - before, expected, JSON.stringify(query));
    }
  }
});

for (const [filter, index] of [
  [{}, 'INTEGER PRIMARY KEY ('],
  [{ userId: 1 }, 'INDEX changes_by_user (user_id=? AND '],
  [{ taskId: 1 }, 'INDEX changes_by_task (task_id=? AND '],
] as const) {
  const names = ['a period', ...Object.keys(filter)].join(' and ');
  test(`changes filtered by ${names} are read from a range of sequence numbers, in order`, (t) => {
    const db = emptyDatabase(t);
    for (const query of pagesOf({ ...filter, ...PERIOD, types: ['task.created', 'task.deleted'], actor: '1' })) {
      for (const count of [false, true]) {
        const rows = toChangeRowQuery({ ...query, count });
        for (const plan of plansOf(db, { table: CHANGES.table, query: rows })) {
          assert.equal(plan[0], `SEARCH changes USING ${index}rowid>? AND rowid<?)`);
          assert.doesNotMatch(plan.join('\n'), /SCAN changes|TEMP B-TREE/);
        }
      }
    }
  });
}

test('a page after a cursor position starts there, not where the period starts', () => {
  const ranges = pagesOf(PERIOD).map((query) =>
    Object.keys(toChangeRowQuery(query).filter).filter((name) => name.startsWith('range')),
  );
  const both = ['rangeAfter', 'rangeBefore'];
  assert.deepEqual(ranges, [both, ['rangeBefore'], both, ['rangeAfter']]);
});
