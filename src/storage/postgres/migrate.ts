import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { StoreUnusable } from '../../domain/outcomes.ts';
import {
  type AppliedMigration,
  type Migration,
  type MigrationPlan,
  PROGRAM_RECORDED_FROM,
  PROGRAM_VERSION,
  pendingMigrations,
  readMigrations,
} from '../sql/migrations.ts';
import { connect } from './connect.ts';
import { isLockTimeout } from './errors.ts';
import { isPooled, PoolerInBetween } from './pooler.ts';
import { areWordsCurrent, updateSearchIndexes } from './search-index.ts';

/** Identifies the advisory lock that migrations hold: "TAPI" in ASCII. */
const LOCK_KEY = 0x54415049;
/**
 * How long other statements may wait for a migration, which waits for the transactions in flight; and how often it then tries
 * again, and after which time.
 */
const LOCK_TIMEOUT_MS = 200;
const LOCK_ATTEMPTS = 300;
const LOCK_RETRY_MS = 1_000;
/** The database in messages. They do not contain its URL, which may contain a password. */
const NAME = 'the database';

/** A table that exists while a copy into the database is unfinished: see `storage/copy/`. */
export const COPY_TABLE = 'task_api_copy';

const migrations = readMigrations(new URL('migrations/', import.meta.url));

/** The version to which this program migrates a database. */
export const latestVersion = migrations.at(-1)?.version ?? 0;

/**
 * Migrates a database to the newest version, each migration in its own transaction. If several processes do this at the
 * same time, the first one migrates and the others wait. Afterwards the words of all rows are those that this program makes.
 *
 * @returns the versions before and after, and whether the URL leads to a pooler.
 * @throws PoolerInBetween if it does, and the database is not at the newest version.
 * @throws StoreUnusable if the database cannot be reached or used, a copy into it is unfinished, it is newer than this
 *   program, or does not record this program's migrations.
 */
export async function migrate(url: string): Promise<{ from: number; to: number; pooled: boolean }> {
  const client = await connect(url);
  try {
    if (await isPooled(client)) {
      await rejectPending(client);
      return { from: latestVersion, to: latestVersion, pooled: true };
    }
    // The role may have a limit for the short statements of the service.
    await client.query('SET statement_timeout = 0');
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    await rejectUnfinishedCopy(client);
    const applied = await readApplied(client);
    const pending = pendingMigrations(NAME, applied ?? [], migrations);
    // A role that cannot create tables can use a database that is up to date.
    if (applied === undefined) {
      await client.query('CREATE TABLE task_api_migrations (version integer PRIMARY KEY, sha256 text NOT NULL)');
    }
    for (const migration of pending) await applyWithRetries(client, migration);
    await updateSearchIndexes(client);
    return { from: latestVersion - pending.length, to: latestVersion, pooled: false };
  } catch (error) {
    if (error instanceof StoreUnusable) throw error;
    throw new StoreUnusable(`the database cannot be migrated (${(error as Error).message})`, { cause: error });
  } finally {
    // Releases the lock, and rolls back a transaction that has not ended.
    await client.end().catch(() => undefined);
  }
}

/** Processes of an earlier version may still use the database, and a backup locks its tables for as long as it takes. */
async function applyWithRetries(client: pg.Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await apply(client, migration);
    } catch (error) {
      if (attempt === LOCK_ATTEMPTS || !isLockTimeout(error)) throw error;
      await client.query('ROLLBACK');
      await sleep(LOCK_RETRY_MS);
    }
  }
}

async function apply(client: pg.Client, { version, sql, sha256 }: Migration): Promise<void> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(sql);
  await client.query('INSERT INTO task_api_migrations (version, sha256) VALUES ($1, $2)', [version, sha256]);
  if (version >= PROGRAM_RECORDED_FROM) {
    const text = 'UPDATE task_api_migrations SET program = $1 WHERE version = $2';
    await client.query(text, [PROGRAM_VERSION, version]);
  }
  await client.query('COMMIT');
}

/**
 * The version of a database; 0 for an empty one.
 *
 * @throws StoreUnusable as {@link migrate}.
 */
export async function readVersion(url: string): Promise<number> {
  return (await planMigration(url)).from;
}

/**
 * What {@link migrate} would do. Changes nothing.
 *
 * @throws StoreUnusable as {@link migrate}.
 */
export async function planMigration(url: string): Promise<MigrationPlan> {
  const client = await connect(url);
  try {
    return await plan(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function plan(client: pg.Client): Promise<MigrationPlan> {
  await rejectUnfinishedCopy(client);
  const pending = pendingMigrations(NAME, (await readApplied(client)) ?? [], migrations);
  const renewsWords = pending.length === 0 && !(await areWordsCurrent(client));
  return { from: latestVersion - pending.length, pending, renewsWords };
}

/** Through a pooler, the lock of migrations could not be held. */
async function rejectPending(client: pg.Client): Promise<void> {
  const { pending, renewsWords } = await plan(client);
  if (pending.length > 0) throw new PoolerInBetween('a migration');
  if (renewsWords) throw new PoolerInBetween('a new index of words');
}

/**
 * Creates a table, as migrations do, and rolls that back.
 *
 * @throws StoreUnusable if the role lacks the permission, or the server is read-only.
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

/** The migrations that the database records, or undefined for an empty one. */
async function readApplied(client: pg.Client): Promise<AppliedMigration[] | undefined> {
  const { rows: found } = await client.query("SELECT to_regclass('task_api_migrations') IS NOT NULL AS exists");
  if (!found[0]?.exists) return undefined;
  // Early versions lack the column `program`.
  const { rows } = await client.query('SELECT * FROM task_api_migrations ORDER BY version');
  return rows;
}

/** A service on an unfinished copy would lack data, and generate ids that the source has already used. */
async function rejectUnfinishedCopy(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS exists', [COPY_TABLE]);
  if (rows[0]?.exists) {
    throw new StoreUnusable('the copy into this database is not finished; run the same `copy` command again first');
  }
}
