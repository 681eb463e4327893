import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';

/**
 * Environment variables that the global setup sets for the test files: the URL of the migrated template database, or why
 * PostgreSQL is not available.
 */
export const POSTGRES_TEMPLATE_URL = 'TEST_POSTGRES_TEMPLATE_URL';
export const POSTGRES_FAILURE = 'TEST_POSTGRES_FAILURE';

const TRUNCATE = `DO $$ BEGIN EXECUTE (
  SELECT 'TRUNCATE ' || string_agg(tablename, ', ') || ' RESTART IDENTITY' FROM pg_tables
  WHERE schemaname = 'public' AND tablename NOT IN ('task_api_migrations', 'search_rules')); END $$`;

/** Databases to reuse: truncating one takes a tenth of the time of creating one. */
const free: string[] = [];
let count = 0;

/** Returns the URL of an empty database with the newest schema. It is reused when the test ends. */
export async function testDatabase(t: TestContext): Promise<string> {
  const url = free.pop() ?? (await createDatabase());
  t.after(async () => {
    await run(url, TRUNCATE);
    free.push(url);
  });
  return url;
}

/** Returns the URL of a database without a schema. It is dropped when the test ends. */
export async function emptyDatabase(t: Pick<TestContext, 'after'>): Promise<string> {
  const url = await createDatabase('template0');
  t.after(() => dropDatabase(url));
  return url;
}

/** Copies a database without open connections and returns the URL. The copy is dropped when the test ends. */
export async function copyDatabase(t: TestContext, url: string): Promise<string> {
  const copy = await createDatabase(new URL(url).pathname.slice(1));
  t.after(() => dropDatabase(copy));
  return copy;
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
  await run(database('postgres'), `CREATE DATABASE ${name} TEMPLATE ${copyOf ?? new URL(template).pathname.slice(1)}`);
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
