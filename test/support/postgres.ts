import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { COPIED_TABLES } from '../../src/storage/copy/tables.ts';

/**
 * The variables by which the global setup tells every test file where the migrated database is that every test's own is
 * a copy of, or why there is none.
 */
export const POSTGRES_TEMPLATE_URL = 'TEST_POSTGRES_TEMPLATE_URL';
export const POSTGRES_FAILURE = 'TEST_POSTGRES_FAILURE';

/** Databases that a test has done with: emptying one takes a tenth of the time of making one. */
const free: string[] = [];
let count = 0;

/** A database with the newest schema and nothing in it, until the test ends; its URL. */
export async function testDatabase(t: TestContext): Promise<string> {
  const url = free.pop() ?? (await createDatabase());
  t.after(async () => {
    await run(url, `TRUNCATE ${COPIED_TABLES.map(({ name }) => name).join(', ')} RESTART IDENTITY`);
    free.push(url);
  });
  return url;
}

/** A database with nothing in it, not even a schema, until the test ends; its URL. */
export async function emptyDatabase(t: Pick<TestContext, 'after'>): Promise<string> {
  const url = await createDatabase('template0');
  t.after(() => dropDatabase(url));
  return url;
}

/** A copy of a database that nobody is connected to, until the test ends; its URL. */
export async function copyDatabase(t: TestContext, url: string): Promise<string> {
  const copy = await createDatabase(new URL(url).pathname.slice(1));
  t.after(() => dropDatabase(copy));
  return copy;
}

/** Sends a statement on a connection of its own. */
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

/** Skips the test where there is no PostgreSQL, except in CI, where it must not go unnoticed. */
export function skipWithoutPostgres(t: TestContext): boolean {
  const reason = whyNoPostgres();
  if (reason === undefined) return false;
  t.skip(reason);
  return true;
}

/** Why there is no PostgreSQL, or undefined when there is one. In CI its absence is an error. */
export function whyNoPostgres(): string | undefined {
  if (process.env[POSTGRES_TEMPLATE_URL] !== undefined) return undefined;
  const reason = process.env[POSTGRES_FAILURE] ?? 'only `npm test` starts it';
  assert.ok(!process.env.CI, `CI must test on PostgreSQL: ${reason}`);
  return `NOT TESTED ON POSTGRESQL: ${reason}`;
}
