import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderClientTypes } from '../../scripts/write-client-types.ts';
import { ROOT } from '../docs/clone.ts';
import { testApp } from '../support/app.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';

const FILE = 'client/src/types.ts';

test('the types of the client have every field, parameter and error code of the OpenAPI document', async (t) => {
  const { app } = await testApp(t, { settings: EMAIL_TEST_SETTINGS });
  const rendered = renderClientTypes((await app.inject({ url: '/openapi.json' })).json());
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const formatted = execFileSync(biome, ['format', `--stdin-file-path=${FILE}`], { input: rendered, cwd: ROOT });
  assert.equal(readFileSync(join(ROOT, FILE), 'utf8'), formatted.toString(), 'run `npm run client:types`');
});
