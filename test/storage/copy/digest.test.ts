import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningDigest } from '../../../src/storage/copy/digest.ts';
import type { CopiedRow } from '../../../src/storage/copy/tables.ts';

function digestOf(...pages: CopiedRow[][]) {
  const digest = new RunningDigest();
  for (const page of pages) digest.add(page);
  return digest.finish();
}

test('a checksum does not depend on pages', () => {
  const rows: CopiedRow[] = [
    ['1', 'a'],
    ['2', null],
    ['3', '🦄'],
  ];
  assert.deepEqual(digestOf(rows), digestOf(rows.slice(0, 1), [], rows.slice(1)));
  assert.equal(digestOf(rows).rows, 3);
  assert.match(digestOf().checksum, /^[0-9a-f]{64}$/);
});

test('rows that differ anywhere have different checksums', () => {
  const pages: CopiedRow[][] = [
    [],
    [['a', 'b']],
    [['b', 'a']],
    [['ab', '']],
    [['', 'ab']],
    [['a', null]],
    [['a', '']],
    [['a', '-']],
    [['a', 'b', null]],
    [['a'], ['b']],
    [['a1:b']],
    [['a'], ['b'], []],
  ];
  assert.equal(new Set(pages.map((rows) => digestOf(rows).checksum)).size, pages.length);
});
