import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { ROOT } from '../docs/clone.ts';
import { whyNotTraceable } from '../durability/strace.ts';
import { runProgram } from '../support/run-program.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { readAllowedCalls, readValues, UNIT, UNIT_FILE } from './unit.ts';

/** What `systemd-analyze security` reports at most, times ten: the network, and memory for compiled JavaScript. */
const MAX_EXPOSURE = 12;

/** How long a stop takes at most, as docs/deployment.md has it. */
const STOP_SECONDS = 10;

test('docs/deployment.md shows ops/task-api.service', () => {
  assert.equal(`${readCheckedBlock('docs/deployment.md', import.meta.filename)}\n`, UNIT);
});

test('systemd accepts ops/task-api.service', async (t) => {
  if (withoutSystemd(t)) return;
  const folder = tempFolder(t);
  const program = join(folder, 'task-api');
  writeFileSync(program, '', { mode: 0o755 });
  const file = join(folder, 'task-api.service');
  writeFileSync(file, UNIT.replace('/opt/task-api/task-api', program));
  // It reports an unknown setting, but exits with 0.
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});

test('ops/task-api.service exposes only what the service needs', async (t) => {
  if (withoutSystemd(t)) return;
  await runProgram('systemd-analyze', ['security', '--offline=true', `--threshold=${MAX_EXPOSURE}`, UNIT_FILE]);
});

test('with only the system calls of ops/task-api.service, the service starts, stores a user, and stops in time', async (t) => {
  if (withoutSystemd(t)) return;
  const notTraceable = whyNotTraceable();
  if (notTraceable !== undefined) {
    assert.ok(!process.env.CI, `CI must test the system calls: ${notTraceable}`);
    t.skip(`THE SYSTEM CALLS OF THE UNIT ARE NOT TESTED: ${notTraceable}`);
    return;
  }
  const folder = tempFolder(t);
  const trace = join(folder, 'trace');
  // SQLite gives the files of root to the owner of the database.
  const names = [...(await readAllowedCalls()), ...(process.getuid?.() === 0 ? ['fchown'] : [])];
  // `?`: also a call that only other processors have.
  const others = `!${names.map((name) => `?${name}`).join(',')}`;
  const forbid = ['-e', `trace=${others}`, '-e', `inject=${others}:error=EPERM`];
  const program = ['strace', '-f', '-D', '--seccomp-bpf', '-o', trace, ...forbid, ...readCommand('clone')];
  // The development mode has a token.
  const { messages, exit } = await runUntilListening(t, [...program, 'dev'], folder, async (port) => {
    const headers = { authorization: 'Bearer your-token-here', 'content-type': 'application/json' };
    const body = JSON.stringify({ firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
    const response = await fetch(`http://127.0.0.1:${port}/users`, { method: 'POST', headers, body });
    assert.equal(response.status, 201, await response.text());
  });
  assert.deepEqual(exit, [0, null], messages.join('\n'));
  const rejected = readFileSync(trace, 'utf8').match(/\w+(?=\(.*EPERM)/g) ?? [];
  t.diagnostic(`rejected: ${[...new Set(rejected)].join(', ') || 'none'}`);
});

test('the command of the unit starts the service, and SIGTERM stops it in time', async (t) => {
  const [, ...args] = readValues('ExecStart')[0]?.split(' ') ?? [];
  const { messages, exit } = await runUntilListening(t, [...readCommand('clone'), ...args], tempFolder(t));
  assert.deepEqual(exit, [0, null], messages.join('\n'));
  assert.ok(messages.includes('stopped'));
  assert.ok(Number(readValues('TimeoutStopSec')[0]) > STOP_SECONDS);
});

/** Skips the test if systemd is not installed. */
function withoutSystemd(t: TestContext): boolean {
  if (spawnSync('systemd-analyze', ['--version']).status === 0) return false;
  t.skip('THE SYSTEMD UNIT IS NOT TESTED: systemd-analyze is not installed');
  return true;
}

/** The program and its first arguments for a kind of installation in docs/deployment.md, as if it were installed here. */
function readCommand(installation: string): string[] {
  const page = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
  const [, command] = new RegExp(`^\\| \\[${installation}\\].*\\| \`([^\`]+)\` \\|$`, 'm').exec(page) ?? [];
  assert.ok(command !== undefined, `docs/deployment.md does not have the command for: ${installation}`);
  return command.replaceAll('/opt/task-api', ROOT).split(' ');
}

/** Starts the service, waits until it listens, calls `use`, and stops it with SIGTERM. */
async function runUntilListening(
  t: TestContext,
  [program = '', ...args]: string[],
  folder: string,
  use: (port: number) => Promise<void> = async () => undefined,
): Promise<{ messages: string[]; exit: unknown[] }> {
  const env = { PATH: process.env.PATH, DATABASE_URL: `file:${join(folder, 'task-api.db')}`, PORT: '0' };
  const service = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => service.kill('SIGKILL'));
  const exited = once(service, 'exit');
  const messages: string[] = [];
  for await (const line of createInterface(service.stdout)) {
    const { msg, port } = JSON.parse(line);
    messages.push(msg);
    if (msg !== 'listening') continue;
    await use(port);
    service.kill('SIGTERM');
  }
  return { messages, exit: await exited };
}
