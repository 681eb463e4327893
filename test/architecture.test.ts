import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = dirname(import.meta.dirname);
const MAX_LINES = 350;

/** Relative imports and re-exports, and the files of worker threads. */
const IMPORTED = /(?:\bfrom\s+|\bimport\s*\(?\s*|\bnew URL\()'([^'\n]+\.ts)'/g;

/** The client, a package that the service may import. */
const CLIENT = '../client/src/';

/** Generated files may be longer. */
const GENERATED = ['client/src/types.ts'];

/** The files of `src/` and of the client, each with the files that it imports; paths are relative to `src/`. */
const files = new Map(
  globSync(['**/*.ts', `${CLIENT}**/*.ts`], { cwd: join(ROOT, 'src') }).map((file) => {
    const specifiers = [...readSource(file).matchAll(IMPORTED)].map(([, specifier = '']) => specifier);
    return [file, specifiers.map((specifier) => join(dirname(file), specifier))];
  }),
);

const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');

function readSource(file: string): string {
  return readFileSync(join(ROOT, 'src', file), 'utf8');
}

/** The folder of a file, or its name without `.ts` if it is directly in `src/`. The client is one folder. */
function folderOf(file: string): string {
  if (file.startsWith(CLIENT)) return 'client';
  const folder = dirname(file);
  return folder === '.' ? file.replace(/\.ts$/, '') : folder;
}

interface Layer {
  name: string;
  folders: string[];
  /** The names of the layers that its folders may import. */
  imports: string[];
}

/** The rows of the table in a section. */
function readLayers(heading = 'Imports'): Layer[] {
  const section = page.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((row) => {
    const [, name = '', folders = '', imports = ''] = row.split('|').map((cell) => cell.trim());
    return {
      name,
      folders: [...folders.matchAll(/`([^`]+?)(?:\/|\.ts)`/g)].map(([, folder = '']) => folder),
      imports: imports === '' ? [] : imports.split(', '),
    };
  });
}

/** Each folder with the folders that its files import. */
function readFolders(): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const [file, imported] of files) {
    const folder = folderOf(file);
    const targets = folders.get(folder) ?? new Set();
    for (const target of imported.map(folderOf)) if (target !== folder) targets.add(target);
    folders.set(folder, targets);
  }
  return folders;
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

test('a server loads the libraries of what is not configured only on demand', () => {
  const STATIC = /^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'/gm;
  const loaded = new Set(['cli/serve.ts']);
  const libraries = new Set<string>();
  for (const file of loaded) {
    for (const [, specifier = ''] of readFileSync(join(ROOT, 'src', file), 'utf8').matchAll(STATIC)) {
      if (!specifier.startsWith('.')) libraries.add(specifier);
      else if (specifier.endsWith('.ts')) loaded.add(join(dirname(file), specifier));
    }
  }
  assert.ok(libraries.has('fastify'), 'nothing was followed');
  const optional = ['nodemailer', 'pg', 'redis', 'typebox', 'openid-client', '@modelcontextprotocol/server'];
  assert.deepEqual(
    optional.filter((name) => libraries.has(name)),
    [],
  );
});

test('no module imports node:http, which would load more than the program uses', () => {
  const importing = globSync('**/*.ts', { cwd: join(ROOT, 'src') }).filter((file) =>
    /^import (?!type ).*'node:http'/m.test(readFileSync(join(ROOT, 'src', file), 'utf8')),
  );
  assert.deepEqual(importing, [], 'import src/node-http.ts instead');
});

test('every relative import names a file of src/ or of the client', () => {
  const missing = [...files.values()].flat().filter((file) => !files.has(file));
  assert.deepEqual(missing, []);
});

test('docs/architecture.md lists the client and every folder of src/ once', () => {
  const listed = readLayers().flatMap(({ folders }) => folders);
  assert.deepEqual(listed.sort(), [...readFolders().keys()].sort());
});

test('a folder imports only folders that docs/architecture.md allows', () => {
  const folders = readFolders();
  const layers = readLayers();
  const wrong: string[] = [];
  for (const layer of layers) {
    const lower = layers.filter(({ name }) => layer.imports.includes(name)).flatMap((one) => one.folders);
    for (const [i, folder] of layer.folders.entries()) {
      const allowed = [...lower, ...layer.folders.slice(0, i)];
      for (const target of folders.get(folder) ?? []) {
        if (!allowed.includes(target)) wrong.push(`${folder}/ imports ${target}/`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('docs/architecture.md allows a layer only imports that it has', () => {
  const folders = readFolders();
  const layers = readLayers();
  const layerOf = (folder: string) => layers.find((layer) => layer.folders.includes(folder))?.name ?? '';
  for (const { name, folders: own, imports } of layers) {
    const used = new Set(own.flatMap((folder) => [...(folders.get(folder) ?? [])].map(layerOf)));
    assert.deepEqual([...used].filter((layer) => layer !== name).sort(), imports.toSorted(), name);
  }
});

test('a folder of the console imports only folders that docs/architecture.md allows, and no page another', () => {
  const layers = readLayers('Imports of the console');
  const listed = layers.flatMap(({ folders }) => folders);
  const wrong: string[] = [];
  const found = new Set<string>();
  for (const file of globSync('*/*.{ts,tsx}', { cwd: join(ROOT, 'console/src') })) {
    const folder = dirname(file);
    found.add(folder);
    const layer = layers.find(({ folders }) => folders.includes(folder));
    const lower = layers.filter(({ name }) => layer?.imports.includes(name)).flatMap(({ folders }) => folders);
    const left = layer?.name === 'pages' ? [] : (layer?.folders.slice(0, layer.folders.indexOf(folder)) ?? []);
    const source = readFileSync(join(ROOT, 'console/src', file), 'utf8');
    // The texts of a folder are in it, and `i18n/` has those of all.
    for (const [, target = ''] of source.matchAll(/\bfrom '\.\.\/(\w+)\/(?!messages\.)/g)) {
      if (![...lower, ...left].includes(target)) wrong.push(`${file} imports ${target}/`);
    }
  }
  assert.deepEqual([...found].sort(), listed.sort());
  assert.deepEqual(wrong, []);
});

test('no file imports itself through others', () => {
  const circles = [...files.keys()].map(findCircle).filter((circle) => circle !== undefined);
  assert.deepEqual(circles, []);
});

test(`no source file has more than ${MAX_LINES} lines`, () => {
  const long = globSync(['{src,client/src,test,console/src}/**/*.{ts,tsx,js,css}', 'bin/*', 'scripts/*'], { cwd: ROOT })
    .filter((file) => !GENERATED.includes(file))
    .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});
