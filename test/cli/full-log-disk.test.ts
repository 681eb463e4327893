import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../support/free-port.ts';
import { MAIN } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** Starts the service with standard output and standard error in a file, and waits until it responds. */
async function startInto(t: TestContext, output: string, command: 'serve' | 'dev', databaseFile: string) {
  const port = await findFreePort();
  const fd = openSync(output, 'a');
  const args = [MAIN, command, '--port', String(port), '--database-url', `file:${databaseFile}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', fd, fd] });
  closeSync(fd);
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = `http://127.0.0.1:${port}`;
  const responds = () => {
    assert.equal(child.exitCode, null);
    return fetch(url).catch(() => undefined);
  };
  await waitFor(responds, { message: 'the server does not listen' });
  const stop = async () => {
    child.kill('SIGTERM');
    return (await exited)[0];
  };
  return { url, stop };
}

test('with output that cannot be written, the service responds and stops on SIGTERM', {
  skip: process.platform !== 'linux' && 'it needs /dev/full',
}, async (t) => {
  const { url, stop } = await startInto(t, '/dev/full', 'serve', join(tempFolder(t), 'test.db'));
  // Longer than the log waits before it is written.
  for (let i = 0; i < 20; i++) {
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
    await sleep(10);
  }
  const before = performance.now();
  assert.equal(await stop(), 0);
  assert.ok(performance.now() - before < 8_000);
});

/** A file system of 12 MB. Undefined, with the test skipped, without the right to mount one, except in CI. */
function smallDisk(t: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'task-api-'));
  t.after(() => {
    if (mounted) execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  let mounted = false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder], { stdio: 'ignore' });
    mounted = true;
  } catch {
    assert.ok(!process.env.CI, 'CI must try a full disk: run it as root');
    t.skip('only root may mount a small disk');
    return undefined;
  }
  return folder;
}

/** Writes until the disk is full. */
function fill(file: string): void {
  const fd = openSync(file, 'w');
  try {
    for (const size of [64 * 1024, 1]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(size));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
  } finally {
    closeSync(fd);
  }
}

test('log and database on one full disk: requests are 503 until there is space again, and nothing acknowledged is lost', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const [log, databaseFile, filler] = ['log', 'test.db', 'filler'].map((name) => join(disk, name)) as [
    string,
    string,
    string,
  ];
  const { url, stop } = await startInto(t, log, 'dev', databaseFile);
  const acknowledged: number[] = [];
  let count = 0;
  /** The statuses of 50 creations. */
  const create = async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const response = await fetch(`${url}/users`, {
        method: 'POST',
        headers: { authorization: 'Bearer your-token-here', 'content-type': 'application/json' },
        body: JSON.stringify({ firstName: 'John', lastName: 'D'.repeat(100), contactEmail: `a${count++}@example.com` }),
      });
      statuses.add(response.status);
      const body = (await response.json()) as { userId: number };
      if (response.status === 201) acknowledged.push(body.userId);
    }
    return [...statuses];
  };

  assert.deepEqual(await create(), [201]);
  fill(filler);
  await waitFor(async () => (await create()).includes(503), { message: 'no write fails on the full disk' });
  // What is left of the page that the database or the log was writing.
  fill(`${filler}2`);
  assert.equal((await fetch(`${url}/health/live`)).status, 200);
  // The log is written at least once while the disk is full.
  for (let i = 0; i < 3; i++) {
    await create();
    await sleep(100);
  }

  rmSync(filler);
  const lines = () => readFileSync(log, 'utf8').split('\n');
  const loss = () => lines().find((line) => line.includes('log lines were dropped'));
  await waitFor(() => loss() !== undefined, { message: 'the dropped lines are not logged' });
  assert.deepEqual(await create(), [201]);
  const { dropped, code } = JSON.parse(loss() as string);
  assert.ok(dropped > 0);
  assert.equal(code, 'ENOSPC');
  assert.equal(await stop(), 0);
  // Not one line is torn, apart from the banner.
  for (const line of lines().filter((line) => line.startsWith('{'))) JSON.parse(line);

  const db = new DatabaseSync(databaseFile);
  const stored = new Set(
    db
      .prepare('SELECT user_id AS id FROM users')
      .all()
      .map(({ id }) => id),
  );
  db.close();
  assert.deepEqual(
    acknowledged.filter((id) => !stored.has(id)),
    [],
  );
});
