import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { type CopiedTable, copiedTables } from '../../../src/storage/copy/tables.ts';
import { POSTGRES_TYPES } from '../../../src/storage/postgres/column-arrays.ts';
import { migrate } from '../../../src/storage/sqlite/migrate.ts';
import { prepare } from '../../../src/storage/sqlite/rows.ts';
import { skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';

/** A SQLite database with the newest schema. */
function newestSchema(t: TestContext): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  t.after(() => db.close());
  migrate(db);
  return db;
}

/** For each table its columns with their types, and its primary key. */
function describe(tables: readonly Pick<CopiedTable, 'name' | 'key' | 'columns'>[]) {
  return Object.fromEntries(
    tables.map(({ name, key, columns }) => [
      name,
      { key, columns: Object.fromEntries(columns.map((column) => [column.name, POSTGRES_TYPES[column.type]])) },
    ]),
  );
}

test('every table and column of SQLite is copied, except for one column, the words and the schedule of backups', (t) => {
  const db = newestSchema(t);
  const copied = copiedTables(db).flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`));
  const all = prepare(
    db,
    `SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
     WHERE t.type = 'table' AND t.name NOT IN ('task_api_migrations', 'backup_schedule', 'sqlite_sequence')
       AND t.name NOT LIKE '%search%'`,
  ).all();
  assert.deepEqual(
    all.map(([name]) => name as string).filter((name) => !copied.includes(name)),
    ['users.deleted'],
  );
});

test('PostgreSQL has the copied tables, with the same columns and primary keys, and no others', async (t) => {
  if (skipWithoutPostgres(t)) return;
  const client = new pg.Client({ connectionString: await testDatabase(t) });
  await client.connect();
  const { rows } = await client.query(
    `SELECT relname AS name, json_object_agg(attname, regexp_replace(format_type(atttypid, NULL), '^(smallint|integer)$', 'bigint')) AS columns,
       (SELECT json_agg(attname ORDER BY array_position(conkey, attnum)) FROM pg_constraint JOIN pg_attribute
          ON attrelid = conrelid AND attnum = ANY (conkey) WHERE conrelid = pg_class.oid AND contype = 'p') AS key
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT IN ('task_api_migrations', 'backup_schedule')
       AND relname NOT LIKE '%search%'
     GROUP BY pg_class.oid, relname`,
  );
  await client.end();
  const inPostgres = Object.fromEntries(rows.map(({ name, key, columns }) => [name, { key, columns }]));
  assert.deepEqual(describe(copiedTables(newestSchema(t))), inPostgres);
});

test('a table follows those that it references, whatever the order of creation', () => {
  const db = new DatabaseSync(':memory:');
  db.exec(`
    CREATE TABLE leaves (leaf INTEGER PRIMARY KEY, branch INTEGER REFERENCES branches (branch));
    CREATE TABLE branches (branch INTEGER PRIMARY KEY, parent INTEGER REFERENCES branches (branch),
      trunk INTEGER REFERENCES trunks (trunk));
    CREATE TABLE trunks (label TEXT, trunk INTEGER, digest BLOB, PRIMARY KEY (trunk, label));`);
  const tables = copiedTables(db);
  db.close();
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['trunks', 'branches', 'leaves'],
  );
  assert.deepEqual(tables[0], {
    name: 'trunks',
    columns: [
      { name: 'label', type: 'text' },
      { name: 'trunk', type: 'integer' },
      { name: 'digest', type: 'bytes' },
    ],
    key: ['trunk', 'label'],
  });
});
