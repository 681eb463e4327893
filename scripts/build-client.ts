import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'client');

/** An import in a declaration file. TypeScript rewrites only those in JavaScript. */
const IMPORTED = /(?<=\bfrom '\.[\w./-]+)\.ts(?=')/g;

/** Writes the package of the client into a folder: JavaScript and types in `dist/`, and what describes it. */
export function buildClient(folder: string): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const target = join(folder, 'dist');
  execFileSync(process.execPath, [compiler, '--project', SOURCE, '--outDir', target], { stdio: 'inherit' });
  for (const file of globSync('**/*.d.ts', { cwd: target })) {
    const path = join(target, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(IMPORTED, '.js'));
  }
  for (const file of ['client/package.json', 'client/README.md', 'LICENSE']) {
    cpSync(join(ROOT, file), join(folder, file.replace('client/', '')));
  }
}
