import { fileURLToPath } from 'node:url';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';
import { POSTGRES_FAILURE, POSTGRES_TEMPLATE_URL } from './postgres.ts';

let server: OwnPostgres | undefined;

/** Where Node keeps what it has compiled: most of the time that a test file or a server takes to start. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/node-compile-cache', import.meta.url));

/** Before the first test: one PostgreSQL server for all of them, and in it a migrated database to copy. */
export async function globalSetup(): Promise<void> {
  process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;
  try {
    // Whether the disk keeps it is not what is tested on this one.
    server = await startOwnPostgres(['-c', 'fsync=off', '-c', 'max_connections=500']);
    await migrate(server.url);
    process.env[POSTGRES_TEMPLATE_URL] = server.url;
  } catch (error) {
    // Each test that needs it is skipped by name, or fails in CI.
    process.env[POSTGRES_FAILURE] = String((error as Error | undefined)?.message ?? error ?? 'it does not start');
  }
}

/** After the last test. */
export async function globalTeardown(): Promise<void> {
  await server?.remove();
}
