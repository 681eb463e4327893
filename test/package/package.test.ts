import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../docs/clone.ts';
import { startByCommand } from '../docs/server-command.ts';
import { FIRST_USER, listFiles, packageEnvironment, packInto, runExample, runNpm } from './tarball.ts';

const TIMEOUT_MS = 300_000;

/** What belongs in the package, beside the program in `dist/` and the packages that it imports. */
const ALLOWED = [
  /^console\/dist\/(?:index\.html|icon\.svg|manifest\.json|sources\.sha256|assets\/[\w.-]+)$/,
  /^(LICENSE|README\.md|CHANGELOG\.md|SECURITY\.md|package\.json)$/,
  /^bin\/(find-node|task-api)\.js$/,
  /^docs\/[\w-]+\.md$/,
  /^docs\/images\/[\w-]+\.(?:png|svg|webp)$/,
  /^ops\/[\w.-]+$/,
];

const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

let folder: string;
let tarball: string;
before(
  async () => {
    folder = mkdtempSync(join(tmpdir(), 'task-api-package-'));
    tarball = await packInto(folder);
  },
  { timeout: TIMEOUT_MS },
);
after(() => rmSync(folder, { recursive: true, force: true }));

test('the package contains the program, the packages of the lockfile that run, and documentation', async () => {
  const files = await listFiles(tarball);
  const built = files.filter((path) => path.startsWith('dist/'));
  assert.deepEqual(built.sort(), listBuilt());
  const others = files.filter((path) => !path.startsWith('dist/') && !path.startsWith('node_modules/'));
  assert.deepEqual(
    others.filter((path) => !ALLOWED.some((pattern) => pattern.test(path))),
    [],
  );

  const packages = readLockedPackages();
  const bundled = files.filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path));
  assert.deepEqual(bundled.map(dirname).sort(), [...packages.keys()].sort());
  for (const [path, { version }] of packages) {
    const installed = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
    assert.equal(installed.version, version, `${path}: run \`npm ci\` before \`npm run package\``);
  }
});

test('every dependency has an exact version', () => {
  const { dependencies, optionalDependencies } = MANIFEST;
  for (const [name, version] of Object.entries<string>({ ...dependencies, ...optionalDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  }
});

test('the package installs without a network, and serves', { timeout: TIMEOUT_MS }, async (t) => {
  const [home, empty] = [join(folder, 'home'), join(folder, 'empty')];
  for (const path of [home, empty]) mkdirSync(path);
  // The optional packages are only Node, for machines with an older one.
  await runNpm(['install', '--offline', '--omit=optional', tarball], home, packageEnvironment(home));
  const installed = join(home, 'node_modules', MANIFEST.name);
  assert.deepEqual(listMissing(join(installed, 'dist')), []);

  const env = packageEnvironment(home, dirname(process.execPath), join(home, 'node_modules/.bin'));
  const server = await startByCommand('task-api dev --port 0', { cwd: empty, env, signal: t.signal });
  assert.deepEqual(await runExample(server.port), FIRST_USER);
  for (const page of ['/', '/console', '/docs', '/openapi.json']) {
    assert.equal((await fetch(`http://127.0.0.1:${server.port}${page}`)).status, 200, page);
  }
  await server.stop();
  assert.equal(server.messages.at(-1), 'stopped');
  assert.ok(existsSync(join(empty, 'data/task-api.db')));
  assert.ok(existsSync(join(installed, 'node_modules/.cache/task-api')), 'there is no compile cache');
});

/** The files that `dist/` must have for the files of `src/` and of the client. */
function listBuilt(): string[] {
  return [...listCompiled('src', 'dist'), ...listCompiled('client/src', 'dist/client')].sort();
}

function listCompiled(source: string, target: string): string[] {
  return globSync('**/*.*', { cwd: join(ROOT, source) }).flatMap((file) => {
    // Declares the types of a package; nothing is built from it.
    if (file.endsWith('.d.ts')) return [];
    const base = `${target}/${file.replace(/\.ts$/, '')}`;
    return file.endsWith('.ts') ? [`${base}.js`, `${base}.js.map`, `${base}.d.ts`] : [base];
  });
}

/** The packages of the lockfile that the program imports, by their folders. */
function readLockedPackages(): Map<string, { version: string }> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  // The console is a workspace, and is built.
  const workspace = ['console', 'node_modules/task-management-api-console'];
  const own = new Set([
    '',
    ...workspace,
    ...Object.keys(MANIFEST.optionalDependencies).map((name) => `node_modules/${name}`),
  ]);
  const entries = Object.entries<{ version: string; dev?: boolean; devOptional?: boolean }>(packages);
  return new Map(entries.filter(([path, { dev, devOptional }]) => !own.has(path) && !dev && !devOptional));
}

/** The files that modules of the folder name relative to themselves, such as those of threads, and that do not exist. */
function listMissing(root: string): string[] {
  return globSync('**/*.js', { cwd: root }).flatMap((file) => {
    const named = readFileSync(join(root, file), 'utf8').matchAll(/new URL\('([^']+)', import\.meta\.url\)/g);
    return [...named].map(([, name = '']) => join(root, dirname(file), name)).filter((path) => !existsSync(path));
  });
}
