import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgram, EXIT_CODES } from '../../src/cli/program.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { runCli } from '../support/cli.ts';

/** Prints every package that the program loads, on standard error. */
const PRINT_PACKAGES = `
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    const name = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
    if (name !== undefined) process._rawDebug('loaded ' + name);
    return next(url, context);
  },
});`;

test('--help loads commander and the email address parser, and no other package', async () => {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(PRINT_PACKAGES)}`;
  const { code, stderr } = await runCli(['--help'], { NODE_OPTIONS });
  assert.equal(code, 0);
  const loaded = new Set([...stderr.matchAll(/^loaded (.*)$/gm)].map(([, name]) => name));
  assert.deepEqual([...loaded].sort(), ['@hapi/address', '@hapi/hoek', 'commander']);
});

test('serve --help lists every setting with its variable and default', async () => {
  const { code, stdout, stderr } = await runCli(['serve', '--help']);
  assert.deepEqual([code, stderr], [0, '']);
  const text = stdout.replaceAll(/\s+/g, ' ');
  for (const { flag, variable, default: value } of Object.values(SETTINGS)) {
    assert.ok(text.includes(` ${flag} `), flag);
    assert.ok(text.includes(value === '' ? `(env: ${variable})` : `(default: ${value}, env: ${variable})`), variable);
  }
  assert.ok(!text.includes('`'));
});

test('--help lists every command and the exit codes', async () => {
  const { code, stdout, stderr } = await runCli(['--help']);
  assert.deepEqual([code, stderr], [0, '']);
  for (const command of createProgram().commands) {
    assert.match(stdout, new RegExp(`^ {2}${command.name()} .* ${command.summary()}$`, 'm'));
  }
  for (const [exitCode, meaning] of EXIT_CODES) assert.ok(stdout.includes(`\n  ${exitCode}  ${meaning}\n`), meaning);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
});

for (const args of [['no-such-command'], ['serve', '--no-such-option'], ['token', 'revoke']]) {
  test(`task-api ${args.join(' ')} fails with a hint at --help`, async () => {
    const { code, stdout, stderr } = await runCli(args);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: .*\nRun with --help for usage\.\n$/);
  });
}
