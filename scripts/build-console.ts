/**
 * `npm run build:console`: builds the console into `console/dist/`, and compresses its files. Does nothing if the sources
 * have not changed since the last build.
 *
 * With `--if-possible`, as `npm install` runs it, does nothing if the packages of the console are not installed, as after
 * `npm install --omit=dev`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ROOT = join(import.meta.dirname, '..');
const CONSOLE = join(ROOT, 'console');
const TARGET = join(CONSOLE, 'dist');
/** The hash of the sources of the build. */
const HASH_FILE = join(TARGET, 'sources.sha256');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');

const SOURCES = [
  'console/{index.html,package.json,vite.config.ts}',
  'console/{src,public}/**/*.*',
  'client/src/**/*.ts',
  'scripts/build-console.ts',
];

const hash = hashSources();
const isBuilt = existsSync(HASH_FILE) && readFileSync(HASH_FILE, 'utf8') === hash;
if (!isBuilt && (existsSync(VITE) || !process.argv.includes('--if-possible'))) {
  execFileSync(process.execPath, [VITE, 'build', '--logLevel', 'warn'], { cwd: CONSOLE, stdio: 'inherit' });
  for (const file of globSync('assets/*', { cwd: TARGET })) compress(join(TARGET, file));
  // The last, so that an interrupted build is repeated.
  writeFileSync(HASH_FILE, hash);
}

function hashSources(): string {
  const sha = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort()) {
    sha.update(file).update(readFileSync(join(ROOT, file)));
  }
  return sha.digest('hex');
}

function compress(file: string): void {
  const content = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
}
