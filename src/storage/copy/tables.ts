import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { CHANGE_TABLE } from '../sql/change-rows.ts';
import { bytes, type Column, type Columns, type ColumnType, integer, text } from '../sql/columns.ts';
import { EMAIL_TABLE } from '../sql/email-rows.ts';
import { TASK_TABLE } from '../sql/task-rows.ts';
import { TOKEN_FIELDS } from '../sql/token-rows.ts';
import { USER_TABLE } from '../sql/user-rows.ts';
import { ATTEMPT_TABLE, DELIVERY_TABLE, WEBHOOK_TABLE } from '../sql/webhook-rows.ts';
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
export interface CopiedTable {
  name: string;
  /** The columns that both databases have. */
  columns: readonly Column[];
  /** The primary key, which is the order in which rows are read. Text in it must be `COLLATE "C"` in PostgreSQL. */
  key: string[];
  /** SQLite's condition on the rows to copy. Without it, all rows are copied. */
  where?: string;
  /** SQLite's expression for a column that is not copied as it is. */
  select?: Record<string, string>;
  /** Columns that only SQLite has. */
  onlyInSqlite?: string[];
}

/** Every table of the schema. A table follows those that it references. */
export const COPIED_TABLES: readonly CopiedTable[] = [
  {
    name: 'users',
    columns: columnsOf(USER_TABLE),
    key: ['user_id'],
    // Soft-deleted users stay only until their tasks are purged.
    where: 'deleted = 0',
    onlyInSqlite: ['deleted'],
  },
  {
    name: 'user_identities',
    columns: [integer('user_id'), text('issuer'), text('subject'), integer('address_by_user')],
    key: ['user_id'],
  },
  {
    name: 'tasks',
    columns: columnsOf(TASK_TABLE),
    key: ['task_id'],
    where: TASK_VISIBLE,
  },
  {
    name: 'tokens',
    columns: columnsOf(TOKEN_FIELDS),
    key: ['token_id'],
  },
  {
    name: 'changes',
    columns: columnsOf(CHANGE_TABLE),
    key: ['sequence'],
    select: { old_values: VISIBLE_OLD_VALUES, new_values: VISIBLE_NEW_VALUES },
  },
  {
    name: 'idempotency_keys',
    columns: [bytes('key'), bytes('request_hash'), integer('created_at'), integer('sequence'), integer('user_id')],
    key: ['key'],
    where: `NOT ${isDeletedUser('idempotency_keys.user_id')}`,
  },
  {
    name: 'consumers',
    columns: [text('name'), integer('last_sequence')],
    key: ['name'],
  },
  {
    name: 'emails',
    columns: columnsOf(EMAIL_TABLE),
    key: ['email_id'],
  },
  {
    name: 'email_sends',
    columns: [text('email_id'), bytes('address_hash'), text('kind'), integer('task_id'), integer('sent_at')],
    key: ['email_id', 'address_hash'],
  },
  {
    name: 'email_confirmations',
    columns: [
      bytes('token_hash'),
      ...[
        integer('user_id'),
        integer('created_at'),
        integer('expires_at'),
        integer('sent_at'),
        integer('confirmed_at'),
      ],
    ],
    key: ['token_hash'],
  },
  {
    name: 'webhooks',
    columns: columnsOf(WEBHOOK_TABLE),
    key: ['webhook_id'],
  },
  {
    name: 'webhook_deliveries',
    columns: columnsOf(DELIVERY_TABLE),
    key: ['delivery_id'],
  },
  {
    name: 'webhook_attempts',
    columns: columnsOf(ATTEMPT_TABLE),
    key: ['attempt_id'],
  },
];

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

function columnsOf(columns: Columns): Column[] {
  return Object.values(columns);
}
