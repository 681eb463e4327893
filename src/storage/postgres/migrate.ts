import pg from 'pg';
import { StoreUnusable } from '../../domain/outcomes.ts';
import { type AppliedMigration, pendingMigrations, readMigrations } from '../sql/migrations.ts';
import { ConnectFailed } from './connect-failed.ts';
import { toConnectionString } from './connection-string.ts';

/** Names the advisory lock under which migrations run: "TAPI" in ASCII. */
const LOCK = 0x54415049;
const CONNECT_TIMEOUT = 5_000;
/** What messages call the database: its URL may hold a password. */
const NAME = 'the database';

/** A table that is there only while a copy into the database is unfinished: see `storage/copy/`. */
export const COPY_TABLE = 'task_api_copy';

const migrations = readMigrations(new URL('migrations/', import.meta.url));

/** The version that this program brings a database to. */
export const latestVersion = migrations.at(-1)?.version ?? 0;

/**
 * Brings the database up to the newest version, each step in a transaction of its own. Any number of processes may do
 * so at once: the first takes the lock, the others wait for it and find nothing left to do.
 *
 * @throws StoreUnusable when the database cannot be reached or used, is half a copy, is newer than this program, or does
 *   not record the migrations that this one has.
 */
export async function migrate(url: string): Promise<{ from: number; to: number }> {
  const client = await connect(url);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await refuseHalfCopy(client);
    const applied = await readRecord(client);
    const pending = pendingMigrations(NAME, applied ?? [], migrations);
    // Nothing is made that is there: a role that may not create tables can use an up-to-date database.
    if (applied === undefined) {
      await client.query('CREATE TABLE task_api_migrations (version integer PRIMARY KEY, sha256 text NOT NULL)');
    }
    for (const { version, sql, sha256 } of pending) {
      await client.query('BEGIN');
      await client.query(sql);
      await client.query('INSERT INTO task_api_migrations VALUES ($1, $2)', [version, sha256]);
      await client.query('COMMIT');
    }
    return { from: latestVersion - pending.length, to: latestVersion };
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
 * @throws StoreUnusable when it cannot be reached, is half a copy, is newer than this program, or does not record the
 *   migrations that this one has.
 */
export async function readVersion(url: string): Promise<number> {
  const client = await connect(url);
  try {
    await refuseHalfCopy(client);
    return latestVersion - pendingMigrations(NAME, (await readRecord(client)) ?? [], migrations).length;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Creates a table, as migrations do, and takes that back.
 *
 * @throws StoreUnusable when the user of the URL may not, or the server is read-only.
 */
export async function checkCreate(url: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query('BEGIN; CREATE TABLE task_api_check (); ROLLBACK');
  } catch (error) {
    throw new StoreUnusable(`tables cannot be created in the database (${(error as Error).message})`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What the database records, or undefined for an empty one. */
async function readRecord(client: pg.Client): Promise<AppliedMigration[] | undefined> {
  const { rows: found } = await client.query("SELECT to_regclass('task_api_migrations') IS NOT NULL AS exists");
  if (!found[0]?.exists) return undefined;
  const { rows } = await client.query('SELECT version, sha256 FROM task_api_migrations ORDER BY version');
  return rows;
}

/**
 * A connection of its own.
 *
 * @throws ConnectFailed when there is none to be had.
 */
export async function connect(url: string, config: pg.ClientConfig = {}): Promise<pg.Client> {
  const options = { ...config, connectionString: toConnectionString(url), connectionTimeoutMillis: CONNECT_TIMEOUT };
  let client: pg.Client | undefined;
  try {
    // Reads the certificates that the URL names.
    client = new pg.Client(options);
    // A connection that is lost also fails what is under way on it, which is reported.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (error) {
    await client?.end().catch(() => undefined);
    throw new ConnectFailed(error, url, CONNECT_TIMEOUT);
  }
}

/** What is served of half a copy would be missing the rest, and ids would be given out twice. */
async function refuseHalfCopy(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS exists', [COPY_TABLE]);
  if (rows[0]?.exists) {
    throw new StoreUnusable('the copy into this database is not finished; run the same `copy` command again first');
  }
}
