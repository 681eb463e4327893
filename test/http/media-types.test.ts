import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPreferredToJson } from '../../src/http/media-types.ts';

const PREFERRED: [accept: string | undefined, preferred: boolean][] = [
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/*', false],
  ['application/json', false],
  ['text/html', false],
  ['application/x-ndjson', true],
  ['APPLICATION/X-NDJSON', true],
  ['application/x-ndjson;q=0', false],
  ['application/x-ndjson;q=0.001', true],
  ['application/x-ndjson; charset=utf-8', true],
  ['application/x-ndjson, */*', true],
  ['application/x-ndjson;q=0.5, */*', false],
  ['application/x-ndjson;q=0.5, */*;q=0.1', true],
  ['application/x-ndjson;q=0.5, application/*;q=0.6, */*;q=0.1', false],
  ['application/json, application/x-ndjson', false],
  ['application/x-ndjson, application/json', false],
  ['application/x-ndjson, application/json;q=0.9', true],
  ['application/x-ndjson ; q=0.8 , application/json ; q=0.9', false],
  ['application/x-ndjson-seq', false],
];

for (const [accept, preferred] of PREFERRED) {
  test(`Accept: ${accept} prefers ${preferred ? 'lines' : 'JSON'}`, () => {
    assert.equal(isPreferredToJson(accept, 'application/x-ndjson'), preferred);
  });
}
