import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './clone.ts';

function readRoot(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The rows of the tables in the section "Add a resource", by heading: the code spans of each row. */
function readTables(): Record<string, string[][]> {
  const [, section = ''] = readRoot('CONTRIBUTING.md').split('\n## Add a resource\n');
  const [body = ''] = section.split(/^## /m);
  const tables: Record<string, string[][]> = {};
  let heading: string | undefined;
  for (const line of body.split('\n')) {
    if (!line.startsWith('|')) heading = undefined;
    else if (heading === undefined) {
      heading = line;
      tables[heading] = [];
    } else if (!line.startsWith('|-')) {
      tables[heading]?.push([...line.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span));
    }
  }
  return tables;
}

/** The same name or line for users, whose table is in the first migration, and whose page and tests are several files. */
function ofUsers(text: string): string {
  return text
    .replace('NNNN_things.sql', '0001_schema.sql')
    .replace('things.test.ts', 'create-user.test.ts')
    .replace('things.md', 'create-a-user.md')
    .replaceAll('thing', 'user')
    .replaceAll('Thing', 'User')
    .replaceAll('THING', 'USER');
}

test('the new files that CONTRIBUTING.md lists for a resource exist for users', () => {
  const files = readTables()['| new file | content |']?.map(([file = '']) => ofUsers(file)) ?? [];
  assert.equal(files.length, 12);
  assert.deepEqual(
    files.filter((file) => !existsSync(join(ROOT, file))),
    [],
  );
});

test('the lines that CONTRIBUTING.md adds for a resource are there for users', () => {
  const rows = readTables()['| file | added lines |'] ?? [];
  const added = rows.flatMap(([file = '', ...lines]) =>
    lines.filter((line) => /[;,]$/.test(line)).map((line) => ({ file, line: ofUsers(line) })),
  );
  assert.equal(rows.length, 5);
  assert.equal(added.length, 7);
  assert.deepEqual(
    added.filter(({ file, line }) => !readRoot(file).includes(line)),
    [],
  );
});
