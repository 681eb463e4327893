import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { Source } from '../../../src/storage/copy/source.ts';
import { type CopiedRow, type CopiedTable, keyOf } from '../../../src/storage/copy/tables.ts';
import { Target } from '../../../src/storage/copy/target.ts';
import { bytes, integer, text } from '../../../src/storage/sql/columns.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { emptyDatabase, run, skipWithoutPostgres } from '../../support/postgres.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** With a key of every type, and every row twice except for the latter half of its key. */
const TABLE: CopiedTable = {
  name: 'things',
  columns: [text('label'), integer('part'), bytes('digest'), text('note')],
  key: ['label', 'part', 'digest'],
};
const LABELS = ['', 'A', 'a', 'ä', '\uffff', '🦄'];

/** A file with so many rows for each label. */
async function makeSource(t: TestContext, count: number): Promise<Source> {
  const file = join(tempFolder(t), 'test.db');
  await openSqliteStore({ file, clock: Date.now }).close();
  const db = new DatabaseSync(file);
  db.exec(
    'CREATE TABLE things (note TEXT, digest BLOB, part INTEGER, label TEXT, PRIMARY KEY (label, part, digest)); BEGIN',
  );
  const insert = db.prepare('INSERT INTO things (label, part, digest, note) VALUES (?, ?, ?, ?)');
  for (const label of LABELS.toReversed()) {
    for (let row = 0; row < count; row++) {
      insert.run(label, 2n ** 62n - BigInt(row >> 1), Buffer.from([row & 1, 255]), row % 3 === 0 ? null : `${row}`);
    }
  }
  db.exec('COMMIT');
  db.close();
  const source = Source.open(file);
  t.after(() => source.close());
  return source;
}

test('a table is read in pages in the order of its key, after any key', async (t) => {
  const source = await makeSource(t, 2_000);
  const pages = [...source.pages(TABLE)];
  assert.deepEqual(
    pages.map((page) => page.length),
    [5_000, 5_000, 2_000],
  );
  const rows = pages.flat();
  assert.deepEqual([...new Set(rows.map(([label]) => label))], LABELS, 'by code point');
  for (const index of [0, 1_999, 5_000, 11_999]) {
    const behind = [...source.pages(TABLE, keyOf(TABLE, rows[index] as CopiedRow))].flat();
    assert.deepEqual(behind, rows.slice(index + 1));
  }
  assert.equal(source.countRows(TABLE), rows.length);
});

test('PostgreSQL returns the same rows in the same order, and its progress', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const source = await makeSource(t, 1_000);
  const url = await emptyDatabase(t);
  await run(
    url,
    `CREATE TABLE things
       (label text COLLATE "C", part bigint, digest bytea, note text, PRIMARY KEY (label, part, digest))`,
  );
  const pages = [...source.pages(TABLE)];
  let target = await Target.open(url, 'db', [TABLE], 'file');
  for (const [index, page] of pages.entries()) {
    await target.insert(TABLE, page);
    await target.close();
    await assert.rejects(Target.open(url, 'db', [TABLE], 'other'), {
      name: 'CopyFailed',
      message: 'db holds an unfinished copy of file; finish that one, or copy into a new database',
    });
    target = await Target.open(url, 'db', [TABLE], 'file');
    const rows = pages.slice(0, index + 1).flat();
    assert.deepEqual(target.progressOf(TABLE), { rows: rows.length, lastKey: keyOf(TABLE, rows.at(-1) as CopiedRow) });
  }
  t.after(() => target.close());
  assert.deepEqual((await Array.fromAsync(target.pages(TABLE))).flat(), pages.flat());
});
