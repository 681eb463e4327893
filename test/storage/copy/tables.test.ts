import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import pg from 'pg';
import { COPIED_TABLES } from '../../../src/storage/copy/tables.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Every table with its columns, both by name. */
type Schema = Record<string, string[]>;

test('every table and column of SQLite is copied', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  await openSqliteStore({ file, clock: Date.now }).close();
  const db = new DatabaseSync(file, { readOnly: true });
  t.after(() => db.close());
  const rows = db
    .prepare(
      `SELECT t.name AS name, c.name AS col, c.pk AS position FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
       WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'task_api_migrations'`,
    )
    .all() as { name: string; col: string; position: number }[];
  const entries = COPIED_TABLES.map(({ name, columns, onlyInSqlite = [] }) => ({
    name,
    columns: [...columns.map((column) => column.name), ...onlyInSqlite],
  }));
  assert.deepEqual(schemaOf(rows), byName(entries));
  for (const { name, key } of COPIED_TABLES) {
    const parts = rows
      .filter((row) => row.name === name && row.position > 0)
      .sort((one, two) => one.position - two.position);
    assert.deepEqual(
      key,
      parts.map(({ col }) => col),
      `the primary key of ${name}`,
    );
  }
});

test('every table and column of PostgreSQL is copied', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const client = new pg.Client({ connectionString: await testDatabase(t) });
  await client.connect();
  const { rows } = await client.query(
    `SELECT table_name AS name, column_name AS col FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name <> 'task_api_migrations'`,
  );
  await client.end();
  const entries = COPIED_TABLES.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) }));
  assert.deepEqual(schemaOf(rows), byName(entries));
});

function schemaOf(rows: { name: string; col: string }[]): Schema {
  const columns = Map.groupBy(rows, ({ name }) => name);
  return byName([...columns].map(([name, its]) => ({ name, columns: its.map(({ col }) => col) })));
}

function byName(tables: { name: string; columns: string[] }[]): Schema {
  return Object.fromEntries(tables.map(({ name, columns }) => [name, columns.toSorted()]));
}
