import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempFolder } from './temp-folder.ts';

const SETUP = fileURLToPath(new URL('global-setup.ts', import.meta.url));

for (const [outcome, code] of [
  ['passes', 0],
  ['fails', 1],
] as const) {
  test(`a suite that ${outcome} ends with exit code ${code}`, (t) => {
    const file = join(tempFolder(t), 'one.test.mjs');
    writeFileSync(
      file,
      `import { test } from 'node:test';\ntest('one', () => { if (${code}) throw new Error('no'); });\n`,
    );
    // Without the variable, the run is a separate suite.
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const { status, stdout } = spawnSync(process.execPath, ['--test', `--test-global-setup=${SETUP}`, file], { env });
    assert.equal(status, code, stdout.toString());
  });
}
