import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { figureNames, readFigures, updateFigures } from '../../bench/figures.ts';
import { drawPicture } from '../../bench/picture.ts';
import { Results, readResults } from '../../bench/results.ts';
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

describe('the picture of the results', () => {
  const picture = readFileSync(join(ROOT, 'bench/results.svg'), 'utf8');

  test('shows the results (after new results: npx node bench/picture.ts)', () => {
    assert.equal(picture, drawPicture(readResults('RESULTS.md')));
  });

  test('has every number in its description, and colors for a light and a dark page', () => {
    const description = /<desc id="description">(.*)<\/desc>/.exec(picture)?.[1] ?? '';
    const values = [...picture.matchAll(/<text class="value"[^>]*>([\d,]+)</g)].map(([, value = '']) => value);
    assert.ok(values.length >= 4 * 4);
    for (const value of values) assert.ok(description.includes(` ${value}`), `${value} is not in the description`);
    assert.match(picture, /role="img" aria-labelledby="title description"/);
    assert.match(picture, /<title id="title">[^<]+<\/title>/);
    assert.match(picture, /@media \(prefers-color-scheme: dark\)/);
  });
});
