import pg from 'pg';
import { readMigrations } from '../migrations.ts';
import { StoreUnusable } from '../store.ts';

/** Names the advisory lock under which migrations run: "TAPI" in ASCII. */
const LOCK = 0x54415049;
const CONNECT_TIMEOUT = 5_000;

/** A table that is there only while a copy into the database is unfinished: see `storage/copy/`. */
export const COPY_TABLE = 'task_api_copy';

const migrations = readMigrations(new URL('migrations/', import.meta.url));

/** The version that this program brings a database to. */
export const latestVersion = migrations.at(-1)?.version ?? 0;

/**
 * Brings the database up to the newest version, each step in a transaction of its own. Any number of processes may do
 * so at once: the first takes the lock, the others wait for it and find nothing left to do.
 *
 * @throws StoreUnusable when the database cannot be reached or used, is half a copy, or is newer than this program.
 */
export async function migrate(url: string): Promise<{ from: number; to: number }> {
  const client = await connect(url);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await refuseHalfCopy(client);
    await client.query('CREATE TABLE IF NOT EXISTS task_api_migrations (version integer PRIMARY KEY)');
    const from = await currentVersion(client);
    for (const { version, sql } of migrations) {
      if (version <= from) continue;
      await client.query('BEGIN');
      await client.query(sql);
      await client.query('INSERT INTO task_api_migrations VALUES ($1)', [version]);
      await client.query('COMMIT');
    }
    return { from, to: Math.max(from, latestVersion) };
  } catch (error) {
    if (error instanceof StoreUnusable) throw error;
    throw new StoreUnusable(`the database cannot be migrated (${(error as Error).message})`, { cause: error });
  } finally {
    // With the connection the lock goes, and whatever was not committed.
    await client.end().catch(() => undefined);
  }
}

/**
 * The version of a database; 0 for one that is still empty.
 *
 * @throws StoreUnusable when it cannot be reached, is half a copy, or is newer than this program.
 */
export async function readVersion(url: string): Promise<number> {
  const client = await connect(url);
  try {
    await refuseHalfCopy(client);
    const { rows } = await client.query("SELECT to_regclass('task_api_migrations') IS NOT NULL AS exists");
    return rows[0]?.exists ? await currentVersion(client) : 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * A connection of its own.
 *
 * @throws StoreUnusable when there is none to be had.
 */
export async function connect(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ ...config, connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT });
  // A connection that is lost also fails what is under way on it, which is reported.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const { message, code } = error as { message: string; code?: string };
    throw new StoreUnusable(
      `the database cannot be connected to (${message || code}); check its URL and whether it runs`,
      { cause: error },
    );
  }
}

/** What is served of half a copy would be missing the rest, and ids would be given out twice. */
async function refuseHalfCopy(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS exists', [COPY_TABLE]);
  if (rows[0]?.exists) {
    throw new StoreUnusable('the copy into this database is not finished; run the same `copy` command again first');
  }
}

async function currentVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query('SELECT coalesce(max(version), 0) AS version FROM task_api_migrations');
  const version = rows[0]?.version as number;
  if (version > latestVersion) {
    throw new StoreUnusable(
      `the database is at version ${version}, this program knows versions up to ${latestVersion}: use the newer program`,
    );
  }
  return version;
}
