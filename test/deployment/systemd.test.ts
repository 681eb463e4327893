import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { ROOT } from '../docs/clone.ts';
import { runProgram } from '../support/run-program.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** The unit of the documentation, for a program that is installed here. */
const UNIT = readCheckedBlock('docs/deployment.md', import.meta.filename).replaceAll('/opt/task-api', ROOT);

test('systemd accepts the unit in docs/deployment.md', async (t) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
    t.skip('THE SYSTEMD UNIT IS NOT VERIFIED: systemd-analyze is not installed');
    return;
  }
  const file = join(tempFolder(t), 'task-api.service');
  writeFileSync(file, `${UNIT}\n`);
  await runProgram('systemd-analyze', ['verify', '--man=no', file]);
});

test('the command of the unit in docs/deployment.md starts the service, and SIGTERM stops it in time', async (t) => {
  const [program = '', ...args] = readValue('ExecStart').split(' ');
  const env = { DATABASE_URL: `file:${join(tempFolder(t), 'task-api.db')}`, PORT: '0' };
  const service = spawn(program, args, {
    cwd: readValue('WorkingDirectory'),
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => service.kill('SIGKILL'));
  const exited = once(service, 'exit');
  const messages: string[] = [];
  for await (const line of createInterface(service.stdout)) {
    messages.push(JSON.parse(line).msg);
    if (messages.includes('listening') && service.signalCode === null) service.kill('SIGTERM');
  }
  assert.deepEqual(await exited, [0, null], messages.join('\n'));
  assert.ok(messages.includes('stopped'));
  assert.ok(Number(readValue('TimeoutStopSec')) > STOP_SECONDS);
});

/** How long a stop takes at most, as docs/deployment.md has it. */
const STOP_SECONDS = 10;

function readValue(key: string): string {
  const [, value] = new RegExp(`^${key}=(.*)$`, 'm').exec(UNIT) ?? [];
  assert.ok(value !== undefined, `the unit has no ${key}`);
  return value;
}
