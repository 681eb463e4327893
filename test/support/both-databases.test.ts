import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { POSTGRES_TEMPLATE_URL } from './postgres.ts';
import { tempFolder } from './temp-folder.ts';

const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

/** Tests whose responses are made up, so they need no database. */
const TESTS = `
  import { engineOf, testOnBothDatabases } from ${module('both-databases.ts')};
  import { recorded } from ${module('transcript.ts')};
  const respond = (text) => recorded('GET /users', async () => text, (response) => response);
  testOnBothDatabases('same', () => respond('200 OK'));
  testOnBothDatabases('different', (t) => respond(engineOf(t)));
  testOnBothDatabases('may differ', { responsesDiffer: 'random' }, (t) => respond(engineOf(t)));
`;

test('a test with different responses on the two databases fails, unless it gives a reason', (t) => {
  const { status, stdout } = runTests(t);
  assert.equal(status, 1);
  assert.deepEqual(stdout.match(/^(not )?ok .*/gm), [
    'ok 1 - same (sqlite)',
    'ok 2 - same (postgres)',
    'ok 3 - different (sqlite)',
    'not ok 4 - different (postgres)',
    'ok 5 - may differ (sqlite)',
    'ok 6 - may differ (postgres)',
  ]);
  assert.match(stdout, /PostgreSQL \(\+\) and SQLite \(-\) respond differently, exchange 1 of 1 and 1:/);
  assert.match(stdout, /- sqlite\n\s*\+ postgres\n/);
  assert.doesNotMatch(stdout, /NOT COMPARED/);
});

test('a test that runs on PostgreSQL only reports that no responses were compared', (t) => {
  const { status, stdout } = runTests(t, '--test-name-pattern=postgres');
  assert.equal(status, 0);
  assert.deepEqual(stdout.match(/^(not )?ok .*|^# NOT COMPARED.*/gm), [
    'ok 1 - same (postgres)',
    '# NOT COMPARED: the test did not pass on SQLite in this run',
    'ok 2 - different (postgres)',
    '# NOT COMPARED: the test did not pass on SQLite in this run',
    'ok 3 - may differ (postgres)',
  ]);
});

function runTests(t: TestContext, ...flags: string[]) {
  const file = join(tempFolder(t), 'some.test.ts');
  writeFileSync(file, TESTS);
  return spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...flags, file], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, [POSTGRES_TEMPLATE_URL]: 'postgres://none' },
  });
}
