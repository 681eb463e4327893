import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Column, ColumnType } from '../sql/columns.ts';
import { prepare } from '../sqlite/rows.ts';
import { isDeletedUser, TASK_VISIBLE, VISIBLE_NEW_VALUES, VISIBLE_OLD_VALUES } from '../sqlite/visibility.ts';

/**
 * Converts the values of a column to the text that PostgreSQL reads and writes. The checksums of both databases are made
 * from this text, so it must be the only text that PostgreSQL writes for the value.
 */
export interface TextFormat {
  /** The text of a value that SQLite returned; integers are bigints. */
  toText: (value: NonNullable<SQLOutputValue>) => string;
  /** The value for SQLite. */
  fromText: (text: string) => SQLInputValue;
}

export const TEXT_FORMATS: Record<ColumnType, TextFormat> = {
  integer: { toText: String, fromText: BigInt },
  text: { toText: String, fromText: (value) => value },
  bytes: {
    toText: (value) => `\\x${Buffer.from(value as Uint8Array).toString('hex')}`,
    fromText: (value) => Buffer.from(value.slice(2), 'hex'),
  },
};

/** A table to copy. Both databases have it under the same name. */
export interface CopiedTable extends CopiedRows {
  name: string;
  /** The columns that both databases have. */
  columns: readonly Column[];
  /** The primary key, which is the order in which rows are read. Text in it must be `COLLATE "C"` in PostgreSQL. */
  key: string[];
}

/** Which rows and columns to copy, if not all of them as they are. */
interface CopiedRows {
  /** SQLite's condition on the rows to copy. */
  where?: string;
  /** SQLite's expression for a column. */
  select?: Record<string, string>;
  /** Columns that only SQLite has. */
  onlyInSqlite?: string[];
}

/** What is hidden until a soft-deleted user is purged is not copied. */
const EXCEPTIONS: Record<string, CopiedRows> = {
  users: { where: 'deleted = 0', onlyInSqlite: ['deleted'] },
  tasks: { where: TASK_VISIBLE },
  changes: { select: { old_values: VISIBLE_OLD_VALUES, new_values: VISIBLE_NEW_VALUES } },
  idempotency_keys: { where: `NOT ${isDeletedUser('idempotency_keys.user_id')}` },
};

const TYPES: Record<string, ColumnType> = { INTEGER: 'integer', TEXT: 'text', BLOB: 'bytes' };

/**
 * Not copied: the words by which `_search` finds rows, because they are made again; and the schedule of backups, because its
 * backups are those of the source.
 */
const SELECT_COLUMNS = `
  SELECT tables.name, columns.name, columns.type, columns.pk
  FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
  WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND tables.name NOT LIKE '%search%'
    AND tables.name NOT IN ('task_api_migrations', 'backup_schedule')
  ORDER BY tables.rowid, columns.cid`;

const SELECT_REFERENCES = 'SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)';

/** Every table of a SQLite database, except those of migrations, of words and of the schedule of backups. A table follows those that it references. */
export function copiedTables(db: DatabaseSync): CopiedTable[] {
  const rows = prepare(db, SELECT_COLUMNS).all() as [table: string, column: string, type: string, position: number][];
  const names = new Set(rows.map(([table]) => table));
  const ordered = new Set<string>();
  const add = (name: string): void => {
    for (const [referenced] of prepare(db, SELECT_REFERENCES).all(name)) {
      if (referenced !== name) add(referenced as string);
    }
    ordered.add(name);
  };
  names.forEach(add);
  return [...ordered].map((name) => {
    const exceptions = EXCEPTIONS[name] ?? {};
    const columns = rows.filter(([table, column]) => table === name && !exceptions.onlyInSqlite?.includes(column));
    const key = columns.filter(([, , , position]) => position > 0).sort((one, other) => one[3] - other[3]);
    return {
      name,
      columns: columns.map(([, column, type]) => ({ name: column, type: TYPES[type] as ColumnType })),
      key: key.map(([, column]) => column),
      ...exceptions,
    };
  });
}

/** A row of a table: its values as text, in the order of the columns. */
export type CopiedRow = (string | null)[];

/** The key of a row. */
export function keyOf(table: CopiedTable, row: CopiedRow): string[] {
  return table.key.map((key) => row[table.columns.findIndex(({ name }) => name === key)] as string);
}

/** The types of the columns of the key. */
export function keyTypes(table: CopiedTable): ColumnType[] {
  return table.key.map((key) => (table.columns.find(({ name }) => name === key) as Column).type);
}

/** Whether the database generates the ids of a table. */
export function hasGeneratedId(table: CopiedTable): boolean {
  const types = keyTypes(table);
  return types.length === 1 && types[0] === 'integer';
}
