import { fileURLToPath } from 'node:url';
import { migrate } from '../../src/storage/postgres/migrate.ts';
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts';
import { type PgBouncer, startPgBouncer } from './pgbouncer.ts';
import { PGBOUNCER_PORT, POSTGRES_FAILURE, POSTGRES_TEMPLATE_URL, THROUGH_PGBOUNCER } from './postgres.ts';

let server: OwnPostgres | undefined;
let pgBouncer: PgBouncer | undefined;

/** Node's compile cache. Compiling takes most of the start time of a test file or a server. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/node-compile-cache', import.meta.url));

/** How long all tests may take. `--test-timeout` limits each test, but not a process that does not end. */
const RUN_TIMEOUT_MS = 30 * 60_000;

/** Runs before the first test: starts one PostgreSQL server for all tests, with a migrated database to copy. */
export async function globalSetup(): Promise<void> {
  // The report then names the files that were running, and the exit code is not 0.
  setTimeout(() => process.kill(process.pid, 'SIGINT'), RUN_TIMEOUT_MS).unref();
  process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;
  try {
    // Tests of durability start their own server.
    server = await startOwnPostgres(['-c', 'fsync=off', '-c', 'max_connections=500']);
    await migrate(server.url);
    if (process.env[THROUGH_PGBOUNCER] === '1') {
      pgBouncer = await startPgBouncer(server.url);
      process.env[PGBOUNCER_PORT] = new URL(pgBouncer.through(server.url)).port;
    }
    process.env[POSTGRES_TEMPLATE_URL] = server.url;
  } catch (error) {
    // Tests that need it are skipped, or fail with `CI=true`.
    process.env[POSTGRES_FAILURE] = String((error as Error | undefined)?.message ?? error ?? 'it does not start');
  }
}

/** Runs after the last test. */
export async function globalTeardown(): Promise<void> {
  await pgBouncer?.remove();
  await server?.remove();
}
