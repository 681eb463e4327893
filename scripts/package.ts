/**
 * `npm run package -- FOLDER`: writes the package into the folder, by default this one.
 *
 * The package contains the packages that it imports, with `bundleDependencies`. That setting is not in `package.json`,
 * because with it `npm install` in a clone takes more than ten minutes.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import './build.ts';
import './build-console.ts';

const ROOT = join(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? '.');

const { scripts: _, workspaces: __, ...manifest } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
// npm installs the optional ones, which are Node, for the machine of the user.
const optional = new Set(Object.keys(manifest.optionalDependencies).map((name) => `node_modules/${name}`));
const imported = Object.keys(packages).filter((path) => {
  const { dev, devOptional, link } = packages[path];
  return /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !devOptional && !link && !optional.has(path);
});

/** Half of the files of the packages are for compilers and debuggers. Node does not run TypeScript in `node_modules`. */
const UNUSED = /\.([mc]?ts|map)$/;

const stage = mkdtempSync(join(tmpdir(), 'task-api-package-'));
try {
  for (const path of [...manifest.files, 'LICENSE', 'README.md']) {
    cpSync(join(ROOT, path), join(stage, path), { recursive: true });
  }
  for (const path of imported) {
    cpSync(join(ROOT, path), join(stage, path), { recursive: true, filter: (source) => !UNUSED.test(source) });
  }
  const bundled = { ...manifest, bundleDependencies: Object.keys(manifest.dependencies) };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(bundled, null, 2)}\n`);
  mkdirSync(target, { recursive: true });
  execFileSync('npm', ['pack', '--pack-destination', target], { cwd: stage, stdio: 'inherit' });
} finally {
  rmSync(stage, { recursive: true, force: true });
}
