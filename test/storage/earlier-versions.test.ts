import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { tempFolder } from '../support/temp-folder.ts';
import { findVersions } from './earlier-versions.ts';

test('a version without rows is named, but for the newest', (t) => {
  const folder = tempFolder(t);
  const migrations = [1, 2, 3].map((version) => ({ version, sql: `-- ${version}` }));
  const find = () => findVersions(migrations, pathToFileURL(`${folder}/`));
  writeFileSync(join(folder, '0001.sql'), '-- rows of 1');
  assert.throws(find, /Nothing tests the migration from version 2: .*0002\.sql is missing\./);
  writeFileSync(join(folder, '0002.sql'), '-- rows of 2');
  assert.deepEqual(find(), [
    { version: 1, migrations: migrations.slice(0, 1), rows: '-- rows of 1' },
    { version: 2, migrations: migrations.slice(0, 2), rows: '-- rows of 2' },
  ]);
});
