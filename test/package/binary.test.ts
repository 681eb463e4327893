import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { ROOT } from '../docs/clone.ts';
import { plainEnvironment } from '../docs/environment.ts';
import { startGroup } from '../docs/process-group.ts';
import { startByCommand } from '../docs/server-command.ts';
import { runKillRounds } from '../durability/kill-rounds.ts';
import { JOHN } from '../support/examples.ts';
import { emptyDatabase, skipWithoutPostgres } from '../support/postgres.ts';
import { runProgram } from '../support/run-program.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { exportTo, startCollector, TRACING } from '../tracing/collector.ts';
import { buildBinary } from './binary.ts';
import { FIRST_USER, runExample } from './tarball.ts';

const USERS = 1_000;

/**
 * How much processor time `dev` may take until it listens, as a multiple of what an empty program of Node takes: about half a
 * second on an idle machine, where it listens after about as much time.
 */
const MAX_START_CPU_RATIO = 40;

/** Turns on all pages. No server listens on this port, so no email is sent. */
const EMAIL = {
  SMTP_URL: 'smtp://127.0.0.1:1',
  EMAIL_FROM: 'tasks@example.com',
  PUBLIC_URL: 'https://tasks.example.com',
  CONFIRM_EMAIL: 'true',
};

const MCP_HEADERS = {
  authorization: 'Bearer your-token-here',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** The first request of an agent. */
const INITIALIZE = JSON.stringify({
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
});

let binary: string;
before(
  async () => {
    binary = await buildBinary();
  },
  { timeout: 180_000 },
);

test('`./task-api dev` in an empty folder serves the example and the pages, and SIGTERM stops it', async (t) => {
  const folder = tempFolder(t);
  symlinkSync(binary, join(folder, 'task-api'));
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  // Without Node in the PATH, as without anything else of this project.
  const env = { ...plainEnvironment({ ...process.env, PATH: '/usr/bin:/bin' }), HOME: empty, ...EMAIL };
  const server = await startByCommand('exec ../task-api dev --port 0', { cwd: empty, env, signal: t.signal });
  const cpuSeconds = readCpuSeconds(server.pid);
  if (cpuSeconds !== undefined) {
    const empty = emptyProgramCpuSeconds();
    const times = `${cpuSeconds} s of processor time to start, ${empty} s for an empty program`;
    assert.ok(cpuSeconds < MAX_START_CPU_RATIO * empty, times);
    t.diagnostic(times);
  }

  assert.deepEqual(await runExample(server.port), FIRST_USER);
  const pages = [
    '/',
    '/console',
    '/docs',
    '/docs/page.css',
    '/docs/reference.js',
    '/docs/swagger-ui.css',
    '/favicon.ico',
  ];
  for (const path of [...pages, '/docs/swagger-ui-bundle.js', '/confirm-email', '/openapi.json']) {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    assert.equal(response.status, 200, path);
    assert.ok((await response.arrayBuffer()).byteLength > 100, path);
  }
  const agent = await fetch(`http://127.0.0.1:${server.port}/mcp`, {
    method: 'POST',
    headers: MCP_HEADERS,
    body: INITIALIZE,
  });
  assert.equal(agent.status, 200, await agent.text());
  process.kill(server.pid, 'SIGTERM');
  await server.ended;
  assert.equal(server.messages.at(-1), 'stopped');
  assert.deepEqual(readdirSync(empty), ['data']);
  assert.deepEqual(readdirSync(join(empty, 'data')).sort(), ['task-api.db', 'task-api.db.key']);
});

test('`serve --workers 2` of the binary uses all its threads and processes, replaces a killed worker, and exits with 0', async (t) => {
  const [databaseFile, backups] = [join(tempFolder(t), 'task-api.db'), tempFolder(t)];
  const database = ['--database-url', `file:${databaseFile}`];
  const create = ['token', 'create', '--name', 'test', '--scope', 'admin', '--plan', 'unlimited', ...database];
  const token = (await runProgram(binary, create)).trim();
  const server = await startServer({
    ...{ databaseFile, program: [binary], command: 'serve' },
    args: ['--host', '127.0.0.1', '--workers', '2', '--backup-to', backups],
    ready: 'all workers are listening',
  });
  t.after(() => server.process.kill('SIGKILL'));
  const request = (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers };
    return fetch(`${server.url}${path}`, { ...init, headers });
  };

  const users = Array.from({ length: USERS }, (_, i) => ({ ...JOHN, contactEmail: `john.${i}@example.com` }));
  const batch = await request('/users/batch', { method: 'POST', body: JSON.stringify({ users }) });
  assert.equal(batch.status, 201, await batch.text());
  const single = await request('/users', { method: 'POST', body: JSON.stringify(JOHN) });
  assert.equal(single.status, 201, await single.text());
  const found = await request('/users?_search=doe', { headers: { prefer: 'count=exact' } });
  assert.equal(found.headers.get('x-total-count'), String(USERS + 1), await found.text());
  const lines = await request('/users', { headers: { accept: 'application/x-ndjson' } });
  assert.equal((await lines.text()).trimEnd().split('\n').length, USERS + 1);

  const isBackedUp = () => server.log.some(({ msg }) => msg === 'scheduled backup is complete');
  await waitFor(isBackedUp, { message: 'there is no scheduled backup' });
  const pids = () => new Set(server.log.filter(({ msg }) => msg === 'listening').map(({ pid }) => pid));
  await waitFor(() => pids().size === 2, { message: 'a worker does not listen' });
  const [first] = pids();
  process.kill(first as number, 'SIGKILL');
  await waitFor(() => pids().size === 3, { message: 'the worker is not replaced' });
  assert.equal((await request('/users/1')).status, 200);
  assert.equal(await server.stop(), 0);
  assert.equal(server.log.filter(({ msg }) => msg === 'stopped').length, 2);
});

test('no acknowledged user is lost when the binary is killed under load', async (t) => {
  const databaseFile = join(tempFolder(t), 'kill.db');
  const rounds = 2;
  const { violations, ...counts } = await runKillRounds({ databaseFile, rounds, seed: 1, program: [binary] });
  assert.deepEqual(violations, []);
  assert.ok(counts.acknowledged >= rounds, 'there was next to no load');
});

test('the binary backs up, verifies and restores a database', async (t) => {
  const folder = tempFolder(t);
  const [file, backup, restored] = ['task-api.db', 'backup.db.zst', 'restored.db'].map((name) => join(folder, name));
  const run = (...args: string[]) => runProgram(binary, args);
  assert.match(await run('migrate', '--database-url', `file:${file}`), /updated from version 0/);
  await run('backup', `${backup}`, '--database-url', `file:${file}`);
  await run('restore', `${backup}`, '--database-url', `file:${restored}`);
  assert.match(await run('verify', '--database-url', `file:${restored}`), /has no errors: 0 users/);
});

test('on a terminal, the binary logs readable text', async (t) => {
  if (spawnSync('script', ['--version']).status !== 0) {
    t.skip('THE LOG ON A TERMINAL IS NOT TESTED: `script` of util-linux is not installed');
    return;
  }
  const options = { cwd: tempFolder(t), env: plainEnvironment(process.env), signal: t.signal };
  const command = `${binary} dev --port 0 --log-level info`;
  const { child, kill } = startGroup('script', ['--quiet', '--flush', '--command', command, '/dev/null'], options);
  const ended = once(child, 'close');
  t.after(async () => {
    kill('SIGKILL');
    await ended;
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await waitFor(() => /INFO.*listening/.test(printed), { message: 'the line is not logged, or is not readable' });
});

test('the binary records traces with the SDK of the operator', async (t) => {
  const collector = await startCollector(t);
  const folder = tempFolder(t);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'tracing.mjs'), TRACING);
  const variables = { ...exportTo(collector), NODE_OPTIONS: `--require=${join(folder, 'tracing.mjs')}` };
  const wrap = ['env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
  const server = await startServer({ databaseFile: join(folder, 'test.db'), program: [binary], wrap });
  t.after(() => server.stop('SIGKILL'));
  const traceId = 'a'.repeat(32);
  await fetch(`${server.url}/users/1`, {
    headers: { authorization: 'Bearer your-token-here', traceparent: `00-${traceId}-${'b'.repeat(16)}-01` },
  });
  assert.equal((await collector.find('GET /users/:userId', traceId)).parentSpanId, 'b'.repeat(16));
  assert.equal((await collector.find('get users', traceId)).traceId, traceId);
});

test('the binary migrates and serves PostgreSQL', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const server: ServerProcess = await startServer({ databaseUrl: await emptyDatabase(t), program: [binary] });
  t.after(() => server.process.kill('SIGKILL'));
  const exited = once(server.process, 'exit');
  assert.deepEqual(await runExample(Number(new URL(server.url).port)), FIRST_USER);
  server.process.kill('SIGINT');
  assert.deepEqual(await exited, [0, null]);
});

/** The processor time of a program of Node that does nothing: the median of five. */
function emptyProgramCpuSeconds(): number {
  const script = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1e6)';
  const runs = Array.from({ length: 5 }, () => Number(spawnSync(process.execPath, ['-e', script]).stdout));
  return runs.toSorted((a, b) => a - b)[2] as number;
}

/** The processor time of a process so far. Undefined if the system has no `/proc`. */
function readCpuSeconds(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ').slice(11, 13);
  // The unit is a hundredth of a second on all platforms of Node.
  return (Number(user) + Number(system)) / 100;
}
