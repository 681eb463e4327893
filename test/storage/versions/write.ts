// Writes the databases of the newest version, for `older-databases.test.ts`. Run it when a migration is added. With the path of an
// earlier program's main.ts as argument, writes those of its version.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { startOwnPostgres } from '../../support/own-postgres.ts';
import { majorVersion } from '../../support/pg-dump.ts';
import { runProgram } from '../../support/run-program.ts';
import { MAIN } from '../../support/server-process.ts';
import { REQUESTS, SECRET_KEY, TOKEN } from './content.ts';
import { storedPath } from './files.ts';

const LINE_LENGTH = 120;

const program = process.argv[2] ?? MAIN;
const folder = mkdtempSync(join(tmpdir(), 'task-api-versions-'));
try {
  const file = join(folder, 'stored.db');
  const sqliteTokens = await fill(`file:${file}`);
  const db = new DatabaseSync(file);
  const version = db.prepare('PRAGMA user_version').get()?.user_version as number;
  db.exec('PRAGMA journal_mode = DELETE; VACUUM');
  db.close();
  write('sqlite', version, readFileSync(file), sqliteTokens);
  write('postgres', version, ...(await dumpPostgres()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function dumpPostgres(): Promise<[Buffer, string[]]> {
  const bin = `/usr/lib/postgresql/${await majorVersion('pg_dump')}/bin`;
  const server = await startOwnPostgres([], undefined, { initdb: `${bin}/initdb`, postgres: `${bin}/postgres` });
  try {
    const tokens = await fill(server.url);
    const sql = await runProgram('pg_dump', ['--inserts', '--no-owner', '--no-privileges', `--dbname=${server.url}`]);
    // Commands of psql.
    return [Buffer.from(sql.replaceAll(/^\\.*\n/gm, '')), tokens];
  } finally {
    await server.remove();
  }
}

/** Sends all requests to the program, and stops it. Returns the tokens that it issued. */
async function fill(databaseUrl: string): Promise<string[]> {
  const args = ['--port', '0', '--database-url', databaseUrl, '--secret-key', SECRET_KEY];
  const child = spawn(process.execPath, [program, 'dev', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let port = 0;
  const listening = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    const entry = JSON.parse(line);
    if (entry.msg !== 'listening') return;
    port = entry.port;
    listening.resolve();
  });
  await Promise.race([listening.promise, exited]);
  const tokens: string[] = [];
  for (const { method, path, body, headers } of REQUESTS) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${text}`);
    if (path === '/tokens') tokens.push(JSON.parse(text).token);
  }
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  return tokens;
}

function write(engine: 'sqlite' | 'postgres', version: number, content: Buffer, tokens: string[]): void {
  const gzip = gzipSync(content, { level: 9 })
    .toString('base64')
    .match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  const path = storedPath(engine, version);
  writeFileSync(path, `${JSON.stringify({ writtenAt: new Date().toISOString(), tokens, gzip }, null, 2)}\n`);
  process.stdout.write(`${path}\n`);
}
