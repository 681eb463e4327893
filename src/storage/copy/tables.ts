import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { isDeletedUser, TASK_VISIBLE, VISIBLE_NEW_VALUES, VISIBLE_OLD_VALUES } from '../sqlite/visibility.ts';

/**
 * How a kind of value travels: as the text by which PostgreSQL reads and writes it. Both sides are summed up over this
 * text, so it must be the only one that PostgreSQL has for the value.
 */
export interface Kind {
  /** PostgreSQL's type, to which the text is cast. */
  type: string;
  /** The text of a value that SQLite gave; integers come as bigint. */
  toText: (value: NonNullable<SQLOutputValue>) => string;
  /** The value for SQLite again. */
  fromText: (text: string) => SQLInputValue;
}

const INTEGER: Kind = { type: 'bigint', toText: String, fromText: BigInt };
const TEXT: Kind = { type: 'text', toText: String, fromText: (text) => text };
const BYTES: Kind = {
  type: 'bytea',
  toText: (value) => `\\x${Buffer.from(value as Uint8Array).toString('hex')}`,
  fromText: (text) => Buffer.from(text.slice(2), 'hex'),
};

/** A table that is copied. It has the same name in both databases. */
export interface CopiedTable {
  name: string;
  /** The columns that both databases have. */
  columns: Record<string, Kind>;
  /** The primary key, by which rows are read in order. Text in it must be `COLLATE "C"` in PostgreSQL. */
  key: string[];
  /** A condition on the rows that are copied, in SQLite's SQL; without it all are. */
  where?: string;
  /** The SQL of SQLite for the value of a column, where it is not copied as it is. */
  select?: Record<string, string>;
  /** Columns that SQLite alone has. */
  onlyInSqlite?: string[];
}

/** Every table of the schema; one that is referred to comes before those that refer to it. */
export const COPIED_TABLES: readonly CopiedTable[] = [
  {
    name: 'users',
    columns: {
      user_id: INTEGER,
      first_name: TEXT,
      last_name: TEXT,
      contact_email: TEXT,
      contact_email_key: TEXT,
      created_at: INTEGER,
      updated_at: INTEGER,
      version: INTEGER,
    },
    key: ['user_id'],
    // The others are deleted for everyone, and stay only until their tasks are purged.
    where: 'deleted = 0',
    onlyInSqlite: ['deleted'],
  },
  {
    name: 'user_identities',
    columns: { user_id: INTEGER, issuer: TEXT, subject: TEXT, address_by_user: INTEGER },
    key: ['user_id'],
  },
  {
    name: 'tasks',
    columns: {
      task_id: INTEGER,
      user_id: INTEGER,
      task_title: TEXT,
      task_description: TEXT,
      task_status: TEXT,
      due_date: TEXT,
      due_at: INTEGER,
      warning_offset: INTEGER,
      version: INTEGER,
      updated_at: INTEGER,
      remind_at: INTEGER,
    },
    key: ['task_id'],
    where: TASK_VISIBLE,
  },
  {
    name: 'tokens',
    columns: {
      token_id: INTEGER,
      name: TEXT,
      secret_hash: BYTES,
      scopes: TEXT,
      plan: TEXT,
      user_id: INTEGER,
      created_at: INTEGER,
      expires_at: INTEGER,
      revoked_at: INTEGER,
      last_used_at: INTEGER,
      previous_secret_hash: BYTES,
      previous_valid_until: INTEGER,
    },
    key: ['token_id'],
  },
  {
    name: 'changes',
    columns: {
      sequence: INTEGER,
      at: INTEGER,
      type: TEXT,
      actor: TEXT,
      user_id: INTEGER,
      former_user_id: INTEGER,
      task_id: INTEGER,
      token_id: INTEGER,
      old_values: TEXT,
      new_values: TEXT,
    },
    key: ['sequence'],
    select: { old_values: VISIBLE_OLD_VALUES, new_values: VISIBLE_NEW_VALUES },
  },
  {
    name: 'idempotency_keys',
    columns: { key: BYTES, request_hash: BYTES, created_at: INTEGER, sequence: INTEGER, user_id: INTEGER },
    key: ['key'],
    where: `NOT ${isDeletedUser('idempotency_keys.user_id')}`,
  },
  {
    name: 'consumers',
    columns: { name: TEXT, last_sequence: INTEGER },
    key: ['name'],
  },
  {
    name: 'emails',
    columns: {
      email_id: TEXT,
      kind: TEXT,
      sequence: INTEGER,
      user_id: INTEGER,
      task_id: INTEGER,
      state: TEXT,
      attempts: INTEGER,
      next_attempt_at: INTEGER,
      created_at: INTEGER,
    },
    key: ['email_id'],
  },
  {
    name: 'email_sends',
    columns: { email_id: TEXT, address_hash: BYTES, kind: TEXT, task_id: INTEGER, sent_at: INTEGER },
    key: ['email_id', 'address_hash'],
  },
  {
    name: 'email_confirmations',
    columns: {
      token_hash: BYTES,
      user_id: INTEGER,
      created_at: INTEGER,
      expires_at: INTEGER,
      sent_at: INTEGER,
      confirmed_at: INTEGER,
    },
    key: ['token_hash'],
  },
  {
    name: 'webhooks',
    columns: {
      webhook_id: INTEGER,
      url: TEXT,
      events: TEXT,
      description: TEXT,
      enabled: INTEGER,
      secret: BYTES,
      from_sequence: INTEGER,
      created_at: INTEGER,
      version: INTEGER,
      previous_secret: BYTES,
      previous_valid_until: INTEGER,
      last_success_at: INTEGER,
      last_failure_at: INTEGER,
      failing: INTEGER,
    },
    key: ['webhook_id'],
  },
  {
    name: 'webhook_deliveries',
    columns: {
      delivery_id: INTEGER,
      webhook_id: INTEGER,
      sequence: INTEGER,
      type: TEXT,
      resource: TEXT,
      at: INTEGER,
      state: TEXT,
      attempts: INTEGER,
      first_attempt_at: INTEGER,
      next_attempt_at: INTEGER,
      delivered_at: INTEGER,
      last_status: INTEGER,
      last_error: TEXT,
    },
    key: ['delivery_id'],
  },
  {
    name: 'webhook_attempts',
    columns: {
      attempt_id: INTEGER,
      delivery_id: INTEGER,
      at: INTEGER,
      duration_ms: INTEGER,
      status: INTEGER,
      error: TEXT,
      user_id: INTEGER,
      response: TEXT,
    },
    key: ['attempt_id'],
  },
];

/** A row of a table: the texts of its columns, in their order. */
export type CopiedRow = (string | null)[];

/** The key of a row. */
export function keyOf(table: CopiedTable, row: CopiedRow): string[] {
  const columns = Object.keys(table.columns);
  return table.key.map((column) => row[columns.indexOf(column)] as string);
}

/** The kind of a column that the table has. */
export function kindOf(table: CopiedTable, column: string): Kind {
  return table.columns[column] as Kind;
}

/** Whether the database numbers the rows of a table. */
export function isNumbered(table: CopiedTable): boolean {
  return table.key.length === 1 && kindOf(table, table.key[0] as string) === INTEGER;
}
