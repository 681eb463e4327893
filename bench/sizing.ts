import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DEVELOPMENT_TOKEN } from '../src/auth/token-verifier.ts';
import { writeFigures } from './figures.ts';
import { describeMachine } from './machine.ts';
import { findFreePort, listening, type ServerProcess, spawnServer } from './server-process.ts';

/**
 * Measures what a service on SQLite needs: the disk for its rows, and its memory. Writes RESULTS-sizing.md. Takes some minutes.
 */
const ROWS = 100_000;
const BATCH = 1_000;
const READS = 20_000;
const CLIENTS = 32;
const WORKERS = 4;

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');
const HEADERS = { authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' };

/** What a table or index belongs to, by the beginning of its name. */
const PARTS = [
  { name: 'users', pattern: /^users(?:_|$)|^sqlite_autoindex_users/ },
  { name: 'tasks', pattern: /^tasks(?:_|$)|^sqlite_autoindex_tasks/ },
  { name: 'words for search', pattern: /search/ },
  { name: 'change log', pattern: /^changes/ },
] as const;

async function start(folder: string, workers: number): Promise<ServerProcess> {
  const port = await findFreePort();
  const file = join(folder, 'sizing.db');
  const args = ['--port', String(port), '--database-url', `file:${file}`, '--log-level', 'warn'];
  const command = workers > 1 ? ['serve', '--host', '127.0.0.1', '--workers', String(workers)] : ['dev'];
  const server = spawnServer(folder, port, [MAIN, ...command, ...args]);
  await listening(server);
  return server;
}

async function createRows(port: number): Promise<void> {
  for (let first = 1; first <= ROWS; first += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, i) => first + i);
    const users = numbers.map((n) => ({
      firstName: `Ada${n % 1_000}`,
      lastName: `Lovelace${n % 777}`,
      contactEmail: `ada.lovelace.${n}@example.com`,
    }));
    const tasks = numbers.map((n) => ({
      userId: n,
      taskTitle: `Review number ${n}`,
      ...(n % 3 === 0 && { taskDescription: 'What is to be done, in a sentence or two of the usual length.' }),
      dueDate: new Date(Date.UTC(2030, 0, 1) + n * 60_000).toISOString(),
      warningOffset: 60,
    }));
    await post(port, '/users/batch', { users });
    await post(port, '/tasks/batch', { tasks });
  }
}

async function post(port: number, path: string, body: object): Promise<void> {
  const url = `http://127.0.0.1:${port}${path}`;
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
}

async function read(port: number): Promise<void> {
  let sent = 0;
  const client = async () => {
    while (sent < READS) {
      const id = 1 + (sent++ % ROWS);
      await (await fetch(`http://127.0.0.1:${port}/users/${id}`, { headers: HEADERS })).text();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** The bytes of each part of the file. */
function readParts(file: string): Map<string, number> {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name').all();
  db.close();
  const parts = new Map<string, number>([...PARTS.map(({ name }) => name), 'the rest'].map((name) => [name, 0]));
  for (const { name, bytes } of rows as { name: string; bytes: number }[]) {
    const part = PARTS.find(({ pattern }) => pattern.test(name))?.name ?? 'the rest';
    parts.set(part, (parts.get(part) ?? 0) + bytes);
  }
  return parts;
}

/** The resident memory of a process and of its children, where shared pages count in part, in bytes. */
function memoryOf(pid: number): number {
  const pids = [pid, ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)];
  const kilobytes = pids.map((one) => /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1]);
  return kilobytes.reduce((sum, text) => sum + Number(text) * 1024, 0);
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6).toLocaleString('en');

const folder = await mkdtemp(join(tmpdir(), 'task-api-sizing-'));
try {
  const server = await start(folder, 1);
  const idle = memoryOf(server.pid);
  await createRows(server.port);
  await read(server.port);
  const loaded = memoryOf(server.pid);
  await server.kill();
  // Opening it again moves the write-ahead log into the file.
  const file = join(folder, 'sizing.db');
  new DatabaseSync(file).exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const parts = readParts(file);
  const workers = await start(folder, WORKERS);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const several = memoryOf(workers.pid);
  await workers.kill();
  const scale = 1_000_000 / ROWS;
  const text = [
    '# Results: memory and disk',
    '',
    `Written by \`npm run bench:sizing\` on ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...describeMachine(folder).map((line) => `- ${line}`),
    `- ${ROWS.toLocaleString('en')} users with a task each, created in batches of ${BATCH.toLocaleString('en')}`,
    '',
    '## Disk',
    '',
    'Of the SQLite file, for a million users and a million tasks. The change log has an entry for each creation.',
    '',
    '| | MB |',
    '|---|---|',
    ...[...parts].map(([name, bytes]) => `| ${name} | ${megabytes(bytes * scale)} |`),
    `| all | ${megabytes([...parts.values()].reduce((sum, bytes) => sum + bytes, 0) * scale)} |`,
    '',
    '## Memory',
    '',
    `Proportional set size of all processes. The load was these creations and ${READS.toLocaleString('en')} reads.`,
    '',
    '| | MB |',
    '|---|---|',
    `| one process, just started | ${megabytes(idle)} |`,
    `| one process, under load | ${megabytes(loaded)} |`,
    `| \`--workers ${WORKERS}\`, just started | ${megabytes(several)} |`,
    '',
  ].join('\n');
  writeFileSync(join(import.meta.dirname, 'RESULTS-sizing.md'), text);
  writeFigures();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
