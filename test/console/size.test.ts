import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** The most that the script of a first page may have, compressed with gzip. */
const MAX_BYTES = 150_000;

/** Pages whose texts are in a file of their own. */
const OPERATIONS = ['audit', 'events', 'health', 'tokens', 'webhooks'];

const BUILD = join(import.meta.dirname, '../../console/dist');

interface Chunk {
  file: string;
  /** The names of the chunks that are loaded with it. */
  imports?: string[];
}

/** The files of script that are loaded with these modules. */
function filesOf(manifest: Record<string, Chunk>, names: string[]): Set<string> {
  const seen = new Set(names);
  for (const name of seen) for (const imported of manifest[name]?.imports ?? []) seen.add(imported);
  return new Set([...seen].map((name) => manifest[name]?.file ?? name));
}

const PAGES = readdirSync(join(BUILD, '../src')).filter((folder) =>
  existsSync(join(BUILD, '../src', folder, 'page.tsx')),
);

test('the console has all its pages', () => {
  assert.deepEqual(PAGES.sort(), ['audit', 'events', 'health', 'start', 'tasks', 'tokens', 'users', 'webhooks']);
});

for (const page of PAGES) {
  test(`the page ${page} needs at most ${MAX_BYTES / 1000} kB of compressed script if it is the first`, () => {
    const manifest: Record<string, Chunk> = JSON.parse(readFileSync(join(BUILD, 'manifest.json'), 'utf8'));
    const texts = ['src/i18n/en.ts', ...(OPERATIONS.includes(page) ? ['src/i18n/operations.en.ts'] : [])];
    const files = filesOf(manifest, ['index.html', `src/${page}/page.tsx`, ...texts]);
    for (const name of texts) assert.ok(manifest[name] !== undefined, `the build has no ${name}`);
    const sizes = [...files].map((file) => [file, readFileSync(join(BUILD, `${file}.gz`)).length] as const);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    const largest = sizes.sort((one, other) => other[1] - one[1]).map(([file, size]) => `${size} ${file}`);
    assert.ok(total <= MAX_BYTES, `${total} bytes:\n${largest.slice(0, 12).join('\n')}`);
  });
}
