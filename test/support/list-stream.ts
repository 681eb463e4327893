import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { LightMyRequestResponse } from 'fastify';
import pg from 'pg';
import type { TestApp } from './app.ts';
import { JOHN } from './examples.ts';

export const LINES = 'application/x-ndjson';

/** The user John with many tasks of 1.2 KB in random order. They can be found by the word `task`. */
export async function createTasks({ post, sql, databaseUrl }: TestApp, count: number): Promise<void> {
  await post('/users', JOHN);
  await sql(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO tasks (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at)
       SELECT 1, 'Task ' || CAST(i * 7919 % 100003 AS TEXT), '${'😀'.repeat(255)}', 'BLOCKED', '2026-01-01T00:00:00Z',
         1767225600000000, i % 64000, 0 FROM n`,
  );
  const words = 'lower(task_title)';
  await sql(
    databaseUrl.startsWith('file:')
      ? `INSERT INTO task_search (rowid, words) SELECT task_id, ${words} FROM tasks`
      : `INSERT INTO task_search (task_id, words)
           SELECT task_id, array_to_tsvector(string_to_array(${words}, ' ')) FROM tasks`,
  );
}

/** The items of a response, each on a line. */
export function linesOf({ statusCode, payload }: LightMyRequestResponse): Record<string, unknown>[] {
  assert.equal(statusCode, 200, payload);
  return parseLines(payload);
}

export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** A stream that is open over HTTP, and whose first lines have been received. */
export interface OpenStream {
  /** Reads the rest. Rejected if the connection is closed before the response is complete. */
  rest: () => Promise<Record<string, unknown>[]>;
  /** Disconnects. */
  leave: () => void;
}

/** Requests a list as a stream, and receives only its beginning. */
export async function openStream(url: string, token: string): Promise<OpenStream> {
  const client = new AbortController();
  const headers = { authorization: `Bearer ${token}`, accept: LINES };
  const response = await fetch(url, { headers, signal: client.signal });
  assert.equal(response.status, 200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  const { value } = await reader.read();
  const first = decoder.decode(value, { stream: true });
  const rest = async () => {
    let text = first;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += decoder.decode(chunk.value, { stream: true });
    }
    return parseLines(text);
  };
  return { rest, leave: () => client.abort() };
}

/** Whether a connection to the database of a test has a snapshot open. */
export async function hasSnapshot({ file, databaseUrl }: Pick<TestApp, 'file' | 'databaseUrl'>): Promise<boolean> {
  if (databaseUrl.startsWith('file:')) {
    const db = new DatabaseSync(file);
    // A snapshot older than the last write keeps the write-ahead log from being truncated.
    const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    db.close();
    return busy === 1;
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND xact_start IS NOT NULL`,
  );
  await client.end();
  return rows.length > 0;
}
