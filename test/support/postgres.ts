import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';

/**
 * Environment variables that the global setup sets for the test files: the URL of the migrated template database, or why
 * PostgreSQL is not available.
 */
export const POSTGRES_TEMPLATE_URL = 'TEST_POSTGRES_TEMPLATE_URL';
export const POSTGRES_FAILURE = 'TEST_POSTGRES_FAILURE';

/** Set to `1` to run the tests of both databases through PgBouncer. The global setup then sets its port. */
export const THROUGH_PGBOUNCER = 'TEST_THROUGH_PGBOUNCER';
export const PGBOUNCER_PORT = 'TEST_PGBOUNCER_PORT';

/**
 * Empties the tables and restarts the ids. `TRUNCATE` creates new files for each table and index, which takes longer than
 * deleting the few rows of a test, so that only a large table is truncated.
 */
const EMPTY = `DO $$
DECLARE name text;
BEGIN
  SET LOCAL session_replication_role = replica; -- no foreign keys, so the order does not matter
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT IN ('task_api_migrations', 'search_rules', 'changes') -- changes has partitions
  LOOP
    IF pg_total_relation_size(name::regclass) > 2 * 1024 * 1024 THEN
      EXECUTE format('TRUNCATE %I CASCADE', name);
    ELSE
      EXECUTE format('DELETE FROM %I', name);
    END IF;
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$`;

/** Databases to reuse: emptying one takes a small part of the time of creating one. */
const free: { url: string; pool: pg.Pool }[] = [];
let count = 0;

/** Returns the URL of an empty database with the newest schema. It is reused when the test ends. */
export async function testDatabase(t: TestContext): Promise<string> {
  const database = free.pop() ?? keepConnected(await createDatabase());
  t.after(async () => {
    await database.pool.query(EMPTY);
    free.push(database);
  });
  return database.url;
}

/** Its connection stays open, because connecting takes longer than emptying the database. */
function keepConnected(url: string): { url: string; pool: pg.Pool } {
  const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
  // If a test ends all connections of its database, the pool connects again.
  pool.on('error', () => undefined);
  return { url, pool };
}

/** Returns the URL of a database without a schema. It is dropped when the test ends. */
export async function emptyDatabase(t: Pick<TestContext, 'after'>): Promise<string> {
  const url = await createDatabase('template0');
  t.after(() => dropDatabase(url));
  return url;
}

/** The URL for the service under test: of PgBouncer, if the tests run through it. */
export function serviceUrl(url: string): { url: string; pooled: boolean } {
  const port = process.env[PGBOUNCER_PORT];
  if (port === undefined) return { url, pooled: false };
  const pooled = new URL(url);
  pooled.port = port;
  return { url: pooled.href, pooled: true };
}

/** Sends a statement on a new connection. */
export async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function createDatabase(copyOf?: string): Promise<string> {
  const template = process.env[POSTGRES_TEMPLATE_URL] as string;
  const database = (name: string) => new URL(name, template).href;
  const name = `test_${process.pid}_${count++}`;
  await run(
    database('postgres'),
    `CREATE DATABASE ${name} TEMPLATE ${copyOf ?? new URL(template).pathname.slice(1)} STRATEGY FILE_COPY`,
  );
  return database(name);
}

async function dropDatabase(url: string): Promise<void> {
  await run(new URL('postgres', url).href, `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
}

/** Skips the test if PostgreSQL is not available. With `CI=true` it throws instead. */
export function skipWithoutPostgres(t: TestContext): boolean {
  const reason = whyNoPostgres();
  if (reason === undefined) return false;
  t.skip(reason);
  return true;
}

/** Why PostgreSQL is not available, or undefined if it is. With `CI=true` it throws instead of returning a reason. */
export function whyNoPostgres(): string | undefined {
  if (process.env[POSTGRES_TEMPLATE_URL] !== undefined) return undefined;
  const reason = process.env[POSTGRES_FAILURE] ?? 'only `npm test` starts it';
  assert.ok(!process.env.CI, `CI must test on PostgreSQL: ${reason}`);
  return `NOT TESTED ON POSTGRESQL: ${reason}`;
}
