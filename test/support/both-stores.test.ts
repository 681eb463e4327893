import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { POSTGRES_TEMPLATE_URL } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';

const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

/** Tests that answer by themselves, without a database. */
const TESTS = `
  import { engineOf, test } from ${module('both-stores.ts')};
  import { noted } from ${module('transcript.ts')};
  const answer = (text) => noted('GET /users', async () => text, (answer) => answer);
  test('same', () => answer('200 OK'));
  test('different', (t) => answer(engineOf(t)));
  test('may differ', { answersDiffer: 'by chance' }, (t) => answer(engineOf(t)));
`;

test('a test that is answered differently on the two databases fails, unless it says why', (t) => {
  const file = join(tempFolder(t), 'some.test.ts');
  writeFileSync(file, TESTS);
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, [POSTGRES_TEMPLATE_URL]: 'postgres://none' },
  });
  assert.equal(status, 1);
  assert.deepEqual(stdout.match(/^(not )?ok .*/gm), [
    'ok 1 - same (sqlite)',
    'ok 2 - same (postgres)',
    'ok 3 - different (sqlite)',
    'not ok 4 - different (postgres)',
    'ok 5 - may differ (sqlite)',
    'ok 6 - may differ (postgres)',
  ]);
  assert.match(stdout, /PostgreSQL \(\+\) does not answer as SQLite \(-\) does, exchange 1 of 1 and 1:/);
  assert.match(stdout, /- sqlite\n\s*\+ postgres\n/);
});
