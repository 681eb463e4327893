import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { figureNames, readFigures, updateFigures } from '../../bench/figures.ts';
import { Results } from '../../bench/results.ts';
import { ROOT } from './clone.ts';

const pages = new Map(
  ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })].map((page) => [
    page,
    readFileSync(join(ROOT, page), 'utf8'),
  ]),
);

describe('figures in the documentation are those of the benchmark results', () => {
  const figures = readFigures();

  for (const [page, markdown] of pages) {
    if (!markdown.includes('<!-- figure:')) continue;
    test(`${page} quotes the results (after new results: npx node bench/figures.ts)`, () => {
      assert.equal(markdown, updateFigures(markdown, figures));
    });
  }

  test('every marker is complete, and every figure is quoted', () => {
    const text = [...pages.values()].join('\n');
    const names = figureNames(text);
    assert.equal(text.split('<!-- figure:').length - 1, names.length);
    assert.deepEqual([...new Set(names)].sort(), [...figures.keys()].sort());
  });

  test('an old figure is replaced, an unknown one is an error', () => {
    const page = 'takes <!-- figure: cpu -->1<!-- / --> µs';
    assert.equal(updateFigures(page, new Map([['cpu', '54']])), 'takes <!-- figure: cpu -->54<!-- / --> µs');
    assert.throws(() => updateFigures(page, new Map()), /no such figure: cpu/);
  });
});

test('a number is read from the cell of a results table, or is an error', () => {
  const markdown =
    '# R\n\n## One\n\n| | a | b / a |\n|---|---|---|\n| rate | 1,234.5 | 0.28 (0.23 to 0.31) |\n| x | | |\n\n';
  const table = new Results('R.md', markdown).table('One');
  assert.equal(table.number('rate', 'a'), 1234.5);
  assert.equal(table.number('rate', 'b / a'), 0.28);
  assert.throws(() => table.number('x', 'a'), /no number: R\.md, section "One", row "x", column "a"/);
  assert.throws(() => table.number('rate', 'c'), /no number/);
  assert.throws(() => new Results('R.md', markdown).table('Two'), /no section "Two"/);
});
