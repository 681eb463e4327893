import type pg from 'pg';
import { COPY_TABLE, latestVersion, migrate } from '../postgres/migrate.ts';
import { CopyFailed } from './copy-failed.ts';
import type { CopiedTable } from './tables.ts';

/** The progress of a copy. It is stored in the target, in the same transactions as the rows. */
export interface CopyState {
  /** The file to copy. */
  source: string;
  /** The version of the target's schema. */
  version: number;
  /** The definitions of the indexes that are still to be created. */
  indexes: string[];
  /** By table name: the number of rows that are copied, and the key of the last one. */
  tables: Record<string, { rows: number; lastKey: string[] }>;
}

/** The progress of the copy into a database, or undefined if none has started. */
export async function readState(client: pg.Client): Promise<CopyState | undefined> {
  const { rows } = await client.query('SELECT to_regclass($1) AS name', [COPY_TABLE]);
  if (rows[0]?.name === null) return undefined;
  const { rows: states } = await client.query(`SELECT state FROM ${COPY_TABLE}`);
  return JSON.parse(states[0]?.state);
}

/**
 * Migrates a database to the newest version, drops its indexes and makes it the target of a copy.
 *
 * @throws CopyFailed if one of the tables has rows.
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
      throw new CopyFailed(`${name} already has rows in the table ${table.name}; copy into a new, empty database`);
    }
  }
  const indexes = await dropIndexes(client, tables);
  const state: CopyState = { source, version: latestVersion, indexes, tables: {} };
  await client.query(`CREATE TABLE ${COPY_TABLE} (state json NOT NULL)`);
  await client.query(`INSERT INTO ${COPY_TABLE} VALUES ($1)`, [JSON.stringify(state)]);
  await client.query('COMMIT');
  return state;
}

/**
 * Drops the indexes that enforce no constraint, and returns their definitions. Creating an index for existing rows takes a
 * fraction of the time of updating it for each row. `ON ONLY` would leave out the partitions of a table.
 */
async function dropIndexes(client: pg.Client, tables: readonly CopiedTable[]): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT indexrelid::regclass AS name, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS definition FROM pg_index
     WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT indisunique
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
     ORDER BY indexrelid`,
    [tables.map((table) => table.name)],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}
