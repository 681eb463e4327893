import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { runCli } from '../support/cli.ts';
import { makeCopySource } from '../support/copy-source.ts';
import { databaseForPgDump } from '../support/pg-dump.ts';
import { emptyDatabase, skipWithoutPostgres } from '../support/postgres.ts';
import { MAIN, type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../webhooks/receiver.ts';

const COMPLETE = 'scheduled backup is complete';
const FAILED = 'scheduled backup failed; will retry';

const lines = ({ log }: ServerProcess, message: string) => log.filter(({ msg }) => msg === message);

async function waitForLine(server: ServerProcess, message: string): Promise<Record<string, unknown>> {
  await waitFor(() => lines(server, message).length > 0, { message: `not logged: ${message}`, timeoutMs: 30_000 });
  return lines(server, message)[0] as Record<string, unknown>;
}

async function scrape(server: ServerProcess): Promise<(name: string) => number> {
  const port = lines(server, 'metrics are served')[0]?.port;
  const samples = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return (name) =>
    Number(
      samples
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
}

test('backup --to names files by time, keeps the newest, and deletes nothing else', async (t) => {
  const { file } = await makeCopySource(t);
  const folder = tempFolder(t);
  const others = ['other-20200101T000000Z.db.zst', 'source-20200101T000000Z.db', 'source-x-20200101T000000Z.db.zst'];
  const old = [1, 2, 3].map((month) => `source-20200${month}01T000000Z.db.zst`);
  for (const name of [...others, ...old]) writeFileSync(join(folder, name), '');
  const [leftover, unfinished] = ['.task-api-old', '.task-api-new'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  for (const path of [leftover, unfinished]) mkdirSync(path);
  utimesSync(leftover, 0, 0);
  const url = `file:${file}`;
  const { code, stdout, stderr } = await runCli(['backup', '--to', folder, '--keep', '2', '--database-url', url]);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /source\.db is backed up to .*source-\d{8}T\d{6}Z\.db\.zst: \d+ bytes; old backups deleted: 2\.\n$/,
  );
  const [created = ''] = readdirSync(folder).filter((name) => /^source-202[1-9]/.test(name));
  const left = [...others, old[2] as string, created, '.task-api-new'];
  assert.deepEqual(readdirSync(folder).sort(), left.sort());
  assert.match((await runCli(['verify', join(folder, created)])).stdout, / has no errors: /);
});

test('backup rejects options that do not go together', async () => {
  for (const [args, message] of [
    [[], 'backup needs either a file or --to DIRECTORY'],
    [['a.db', '--to', '.'], 'backup needs either a file or --to DIRECTORY'],
    [['a.db', '--keep', '2'], '--keep and --every need --to DIRECTORY'],
    [['a.db', '--every', '6h'], '--keep and --every need --to DIRECTORY'],
  ] as const) {
    const { code, stderr } = await runCli(['backup', ...args]);
    assert.deepEqual([code, stderr], [1, `task-api: ${message}\n`]);
  }
  assert.match((await runCli(['backup', '--to', '.', '--keep', '0'])).stderr, /It must be an integer from 1 to 9999/);
});

test('of two workers, one makes the scheduled backup, and the metrics have its age', async (t) => {
  const { file } = await makeCopySource(t);
  const folder = tempFolder(t);
  const args = ['--workers', '2', '--backup-to', folder, '--backup-every', '1h', '--metrics-port', '0'];
  const server = await startServer({ databaseFile: file, command: 'serve', args, ready: 'all workers are listening' });
  t.after(() => server.process.kill('SIGKILL'));
  const { result } = await waitForLine(server, COMPLETE);
  const [name = '', ...more] = readdirSync(folder);
  assert.deepEqual(more, []);
  assert.match(String(result), new RegExp(`is backed up to .*${name}: \\d+ bytes\\.$`));
  assert.match((await runCli(['verify', join(folder, name)])).stdout, / has no errors: /);
  const sample = await scrape(server);
  assert.equal(sample('task_api_backups_total{result="succeeded"}'), 1);
  const age = sample('task_api_backup_age_seconds');
  assert.ok(age >= 0 && age < 60, String(age));
  assert.equal(await server.stop(), 0);
  assert.equal(lines(server, COMPLETE).length, 1);
  assert.deepEqual(lines(server, FAILED), []);
});

test('the scheduled backup of PostgreSQL is a file of pg_dump', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const databaseUrl = await databaseForPgDump(t, emptyDatabase);
  if (databaseUrl === undefined) return;
  const folder = tempFolder(t);
  const server = await startServer({ databaseUrl, args: ['--backup-to', folder] });
  t.after(() => server.process.kill('SIGKILL'));
  const { result } = await waitForLine(server, COMPLETE);
  const [name = ''] = readdirSync(folder);
  assert.match(name, /^\w+-\d{8}T\d{6}Z\.dump$/);
  assert.equal(readFileSync(join(folder, name)).toString('latin1', 0, 5), 'PGDMP');
  assert.match(String(result), /^postgres:\/\/127\.0\.0\.1:\d+\/\w+ is backed up to /, 'without user and password');
  assert.equal(await server.stop(), 0);
});

test('a failed scheduled backup is logged, counted and reported to a URL', async (t) => {
  const { file } = await makeCopySource(t);
  const folder = join(tempFolder(t), 'missing');
  const { url, received } = await startReceiver(t);
  const args = ['--backup-to', folder, '--backup-failure-url', `${url}/alert`, '--metrics-port', '0'];
  const server = await startServer({ databaseFile: file, args });
  t.after(() => server.process.kill('SIGKILL'));
  const { err } = await waitForLine(server, FAILED);
  const message = `there is no directory ${folder}; create it first`;
  assert.equal((err as Error).message, message);
  await waitFor(() => received.length > 0, { message: 'nothing was reported' });
  const { timestamp, ...body } = JSON.parse(received[0]?.body ?? '') as { timestamp: string };
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
  const text = `The scheduled backup of ${file} failed: ${message}`;
  assert.deepEqual(body, { type: 'backup.failed', failures: 1, text });
  const documented = JSON.parse(readCheckedBlock('docs/backup.md', import.meta.filename)) as { text: string };
  assert.deepEqual(Object.keys(documented), Object.keys(JSON.parse(received[0]?.body ?? '')));
  assert.match(documented.text, /^The scheduled backup of \S+ failed: there is no directory \S+; create it first$/);
  const sample = await scrape(server);
  assert.equal(sample('task_api_backups_total{result="failed"}'), 1);
  assert.equal(await server.stop(), 0);
  assert.ok(!existsSync(folder));
});

test('serve rejects a private BACKUP_FAILURE_URL', async (t) => {
  const folder = tempFolder(t);
  const env = { DATABASE_URL: `file:${join(folder, 'a.db')}`, PORT: '0', BACKUP_TO: folder };
  const { code, stderr } = await runCli(['serve'], { ...env, BACKUP_FAILURE_URL: 'http://127.0.0.1/secret' });
  assert.deepEqual(
    [code, stderr],
    [1, 'task-api: BACKUP_FAILURE_URL has a private address; WEBHOOK_ALLOW_PRIVATE=true allows it\n'],
  );
});

test('backup --every makes backups until SIGTERM', async (t) => {
  const { file } = await makeCopySource(t);
  const folder = tempFolder(t);
  const args = [MAIN, 'backup', '--to', folder, '--every', '6h', '--database-url', `file:${file}`];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const messages: unknown[] = [];
  for await (const line of createInterface(child.stdout)) {
    messages.push(JSON.parse(line).msg);
    if (messages.includes(COMPLETE)) child.kill('SIGTERM');
  }
  assert.deepEqual(messages, ['backups are scheduled', COMPLETE]);
  assert.deepEqual(await exited, [0, null]);
  assert.equal(readdirSync(folder).length, 1);
});
