import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './clone.ts';

const PAGES = [
  ...globSync('*.md', { cwd: ROOT }),
  ...globSync(['docs/**/*.md', 'bench/*.md', 'client/*.md'], { cwd: ROOT }),
];

/** The name of a TypeScript file, from its root or from any folder; not the end of a longer name. */
const SOURCE_FILE = /(?<![\w./-])[\w-]+(?:\/[\w.-]+)*\.ts\b/g;

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The links of a page to pages and files of the repository. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
}

test('every link between the pages leads to a file and a heading that exist', () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of PAGES) {
    for (const link of linksOf(page)) {
      links++;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : relative(ROOT, join(ROOT, dirname(page), file));
      const found = existsSync(join(ROOT, target)) && (anchor === undefined || anchorsOf(target).has(anchor));
      if (!found) broken.push(`${page}: ${link}`);
    }
  }
  assert.ok(links > 100);
  assert.deepEqual(broken, []);
});

test('every source file that the documentation names exists', () => {
  const files = globSync('{src,client/src,test,bench,bin,scripts}/**/*.{ts,js}', {
    cwd: ROOT,
    exclude: (name) => name.endsWith('node_modules'),
  });
  const missing: string[] = [];
  let named = 0;
  for (const page of PAGES) {
    for (const [path] of readFileSync(join(ROOT, page), 'utf8').matchAll(SOURCE_FILE)) {
      // The placeholder of a new resource in CONTRIBUTING.md: see `contributing.test.ts`.
      if (/\bthings?\b/.test(path)) continue;
      named++;
      if (!files.some((file) => file === path || file.endsWith(`/${path}`))) missing.push(`${page}: ${path}`);
    }
  }
  assert.ok(named > 50);
  assert.deepEqual(missing, []);
});
