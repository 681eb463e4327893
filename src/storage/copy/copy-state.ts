import type pg from 'pg';
import { COPY_TABLE, latestVersion, migrate } from '../postgres/migrate.ts';
import { CopyFailed } from './copy-failed.ts';
import type { CopiedTable } from './tables.ts';

/** How far a copy has come. It is kept in the target, and changes in one transaction with what it tells of. */
export interface CopyState {
  /** The file that is copied. */
  source: string;
  /** The version of the target's schema. */
  version: number;
  /** What makes the indexes that are still to be made again. */
  indexes: string[];
  /** By name of table, how many rows are copied, and the key of the last. */
  tables: Record<string, { rows: number; lastKey: string[] }>;
}

/** How far the copy into a database has come, or undefined when there is none under way. */
export async function readState(client: pg.Client): Promise<CopyState | undefined> {
  const { rows } = await client.query('SELECT to_regclass($1) AS name', [COPY_TABLE]);
  if (rows[0]?.name === null) return undefined;
  const { rows: states } = await client.query(`SELECT state FROM ${COPY_TABLE}`);
  return JSON.parse(states[0]?.state);
}

/**
 * Brings a database to the newest version, sets its indexes aside and marks it as the target of a copy.
 *
 * @throws CopyFailed when one of the tables has rows.
 */
export async function beginCopy(
  client: pg.Client,
  url: string,
  name: string,
  tables: readonly CopiedTable[],
  source: string,
): Promise<CopyState> {
  await migrate(url);
  await client.query('BEGIN');
  for (const table of tables) {
    const { rows } = await client.query(`SELECT 1 FROM ${table.name} LIMIT 1`);
    if (rows.length > 0) {
      throw new CopyFailed(`${name} has rows in the table ${table.name} already; copy into a new, empty database`);
    }
  }
  const indexes = await setIndexesAside(client, tables);
  const state: CopyState = { source, version: latestVersion, indexes, tables: {} };
  await client.query(`CREATE TABLE ${COPY_TABLE} (state json NOT NULL)`);
  await client.query(`INSERT INTO ${COPY_TABLE} VALUES ($1)`, [JSON.stringify(state)]);
  await client.query('COMMIT');
  return state;
}

/**
 * Drops the indexes that guard nothing, and returns what makes them again: making an index of rows that are there takes
 * a fraction of the time of keeping it up row by row.
 */
async function setIndexesAside(client: pg.Client, tables: readonly CopiedTable[]): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT indexrelid::regclass AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT indisunique
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
     ORDER BY indexrelid`,
    [tables.map((table) => table.name)],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}
