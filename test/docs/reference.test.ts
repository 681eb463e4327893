import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderReference } from '../../scripts/write-reference.ts';
import { ROOT } from './clone.ts';

for (const [page, text] of renderReference()) {
  test(`${page} is up to date`, () => {
    assert.equal(readFileSync(join(ROOT, page), 'utf8'), text, 'run `npm run docs`');
  });
}
