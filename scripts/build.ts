/**
 * Writes `dist/`, the program as the package has it: JavaScript, because Node does not run TypeScript in `node_modules`.
 * `scripts/package.ts` packs it. A clone runs `src/`. The client, which the command line uses, is in `dist/client/`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'src');
const TARGET = join(ROOT, 'dist');
const COMPILED = join(TARGET, 'compiled');

/** The file of a worker thread. TypeScript rewrites only imports. The new name is as long, so the source map still fits. */
const THREAD_FILE = /(?<=\bnew URL\('[\w-]+)\.ts(?=', import\.meta\.url\))/g;

/** An import of the client, which is in `client/src/` before, and in `dist/client/` after. */
const CLIENT_IMPORT = /(?<=\bfrom ')((?:\.\.\/)*)\.\.\/client\/src\//g;

/** In a source map, the way up to the source from two folders further down. */
const SOURCE_PATH = /(?<="sources":\[")\.\.\/\.\.\//;

rmSync(TARGET, { recursive: true, force: true });
const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [compiler, '--project', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' });
cpSync(join(COMPILED, 'src'), TARGET, { recursive: true });
cpSync(join(COMPILED, 'client/src'), join(TARGET, 'client'), { recursive: true });
rmSync(COMPILED, { recursive: true });
for (const file of globSync('**/*.{js,ts,map}', { cwd: TARGET })) {
  const path = join(TARGET, file);
  const text = readFileSync(path, 'utf8');
  const rewritten = text
    .replaceAll(THREAD_FILE, '.js')
    .replaceAll(CLIENT_IMPORT, (_, up: string) => `${up || './'}client/`)
    .replace(SOURCE_PATH, '');
  if (rewritten !== text) writeFileSync(path, rewritten);
}
// Pages, styles and migrations.
for (const { parentPath, name } of globSync('**/*', { cwd: SOURCE, withFileTypes: true })) {
  if (extname(name) === '.ts' || extname(name) === '') continue;
  const file = join(parentPath, name);
  cpSync(file, file.replace(SOURCE, TARGET));
}
