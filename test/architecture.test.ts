import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = dirname(import.meta.dirname);
const MAX_LINES = 350;

/** Relative imports and re-exports, and the files of worker threads. */
const IMPORTED = /(?:\bfrom\s+|\bimport\s*\(?\s*|\bnew Worker\(new URL\()'([^'\n]+\.ts)'/g;

/** The files of `src/`, each with the files that it imports; paths are relative to `src/`. */
const files = new Map(
  globSync('**/*.ts', { cwd: join(ROOT, 'src') }).map((file) => {
    const specifiers = [...readSource(file).matchAll(IMPORTED)].map(([, specifier = '']) => specifier);
    return [file, specifiers.map((specifier) => join(dirname(file), specifier))];
  }),
);

const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

function readSource(file: string): string {
  return readFileSync(join(ROOT, 'src', file), 'utf8');
}

/** The folder of a file, or its name without `.ts` if it is directly in `src/`. */
function folderOf(file: string): string {
  const folder = dirname(file);
  return folder === '.' ? file.replace(/\.ts$/, '') : folder;
}

/** The rows of the table in section "Imports": each folder with the folders that it imports. */
function readImportTable(): [folder: string, imported: string[]][] {
  const [, section = ''] = page.split(/^## Imports$/m);
  const [, ...rows] = section.split(/\n(?=\| `)/);
  return rows.map((row) => {
    const [folder = '', ...imported] = [...(row.split('\n')[0] ?? '').matchAll(/`([^`]+?)(?:\/|\.ts)`/g)].map(
      ([, name = '']) => name,
    );
    return [folder, imported];
  });
}

/** A circle of imports that includes this file, or undefined. */
function findCircle(start: string): string[] | undefined {
  const seen = new Set<string>();
  const paths = [[start]];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    for (const imported of files.get(path.at(-1) ?? '') ?? []) {
      if (imported === start) return [...path, start];
      if (!seen.has(imported)) paths.push([...path, imported]);
      seen.add(imported);
    }
  }
  return undefined;
}

test('every relative import names a file of src/', () => {
  const missing = [...files.values()].flat().filter((file) => !files.has(file));
  assert.deepEqual(missing, []);
});

test('the folders of src/ import each other as docs/architecture.md lists it', () => {
  const arrows = new Map<string, Set<string>>();
  for (const [file, imported] of files) {
    const folder = folderOf(file);
    const targets = arrows.get(folder) ?? new Set();
    for (const target of imported.map(folderOf)) if (target !== folder) targets.add(target);
    arrows.set(folder, targets);
  }
  const drawn = [...arrows].map(([folder, targets]) => `${folder}: ${[...targets].sort().join(', ')}`);
  const listed = readImportTable().map(([folder, imported]) => `${folder}: ${imported.toSorted().join(', ')}`);
  assert.deepEqual(drawn.sort(), listed.sort());
});

test('a folder imports only folders that docs/architecture.md lists above it', () => {
  const above = new Set<string>();
  for (const [folder, imported] of readImportTable()) {
    const upwards = imported.filter((target) => !above.has(target));
    assert.deepEqual(upwards, [], `${folder}/ imports what is not above it in the list`);
    above.add(folder);
  }
});

test('no file of src/ imports itself through others', () => {
  const circles = [...files.keys()].map(findCircle).filter((circle) => circle !== undefined);
  assert.deepEqual(circles, []);
});

test(`no source file has more than ${MAX_LINES} lines`, () => {
  const long = globSync(['src/**/*.{ts,js}', 'bin/*', 'scripts/*'], { cwd: ROOT })
    .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});
