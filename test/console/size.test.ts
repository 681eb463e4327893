import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** The most that the script of a first page may have, compressed with gzip. */
const MAX_BYTES = 150_000;

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

// The others are opened from these, which have loaded most of it.
for (const page of ['start', 'users']) {
  test(`the page ${page} needs at most ${MAX_BYTES / 1000} kB of compressed script if it is the first`, () => {
    const manifest: Record<string, Chunk> = JSON.parse(readFileSync(join(BUILD, 'manifest.json'), 'utf8'));
    const files = filesOf(manifest, ['index.html', `src/${page}/page.tsx`, 'src/i18n/en.ts']);
    assert.ok(files.size >= 4, 'the build was not found');
    const sizes = [...files].map((file) => [file, readFileSync(join(BUILD, `${file}.gz`)).length] as const);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    const largest = sizes.sort((one, other) => other[1] - one[1]).map(([file, size]) => `${size} ${file}`);
    assert.ok(total <= MAX_BYTES, `${total} bytes:\n${largest.slice(0, 12).join('\n')}`);
  });
}
