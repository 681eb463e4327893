import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { ROOT } from '../docs/clone.ts';
import { listFiles } from '../package/tarball.ts';
import { testApp } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
import { expectedResult, installClient, writeTypedProgram } from '../support/client-package.ts';

/** What the README says. */
const MAX_BYTES = 6_000;

const TIMEOUT_MS = 120_000;

const run = promisify(execFile);

let folder: string;
let project: string;
before(
  async () => {
    folder = mkdtempSync(join(tmpdir(), 'task-api-client-'));
    project = await installClient(folder);
  },
  { timeout: TIMEOUT_MS },
);
after(() => rmSync(folder, { recursive: true, force: true }));

function readManifest(path: string) {
  return JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
}

/** A service in development mode, which allows pages of this machine. */
async function startService(t: TestContext): Promise<string> {
  const { app } = await testApp(t, { acceptDevelopmentToken: true });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

test('the package has no dependencies, and the version of the service', async () => {
  const manifest = readManifest('client');
  assert.equal(manifest.version, readManifest('').version);
  assert.deepEqual(
    Object.keys(manifest).filter((key) => /dependencies/i.test(key)),
    [],
  );
  const files = await listFiles(join(folder, `${manifest.name}-${manifest.version}.tgz`));
  const others = files.filter((file) => !/^dist\/(resources\/)?[\w-]+(\.d\.ts|\.js)$/.test(file));
  assert.deepEqual(others.sort(), ['LICENSE', 'README.md', 'package.json']);
  assert.ok(files.includes('dist/index.js') && files.includes('dist/index.d.ts'));
});

test(`the client is under ${MAX_BYTES} bytes, minified and with gzip`, async (t) => {
  const entryPoints = [join(project, 'node_modules/task-management-api-client/dist/index.js')];
  const { outputFiles } = await build({ entryPoints, bundle: true, minify: true, format: 'esm', write: false });
  const size = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
  t.diagnostic(`${size} bytes`);
  assert.ok(size > 1_000 && size < MAX_BYTES, `${size} bytes`);
});

test('the package runs in Node', async (t) => {
  const url = await startService(t);
  const { stdout } = await run(process.execPath, ['main.js', url, 'node'], { cwd: project, timeout: TIMEOUT_MS });
  assert.equal(stdout, `${expectedResult('node')}\n`);
});

test('the types of the package are valid under the strict settings of TypeScript', async () => {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  for (const config of writeTypedProgram(project)) {
    const args = [compiler, '--project', config];
    const { stdout } = await run(process.execPath, args, { timeout: TIMEOUT_MS }).catch((error) => error);
    assert.equal(stdout, '', config);
  }
});

test('the package runs in a browser, in a page of another origin', { timeout: TIMEOUT_MS }, async (t) => {
  const url = await startService(t);
  const browser = await openBrowser(t);
  if (browser === undefined) return;
  const imports = { 'task-management-api-client': '/node_modules/task-management-api-client/dist/index.js' };
  const html = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;
  const server = createServer((request, response) => {
    const script = request.url?.endsWith('.js');
    response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' });
    response.end(script ? readFileSync(join(project, request.url ?? '')) : html);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const source = `import('/program.js').then(({ run }) => run(${JSON.stringify(url)}, 'your-token-here', 'chromium'))`;
  assert.equal(await page.evaluate(source), expectedResult('chromium'));
});
