import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import type { TestApp } from './app.ts';
import { JOHN } from './examples.ts';

export const LINES = 'application/x-ndjson';

/** The user John with many tasks in random order. */
export async function createTasks({ post, sql }: Pick<TestApp, 'post' | 'sql'>, count: number): Promise<void> {
  await post('/users', JOHN);
  await sql(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO tasks (user_id, task_title, task_description, task_status, due_date, due_at, warning_offset, updated_at)
       SELECT 1, 'Task ' || CAST(i * 7919 % 100003 AS TEXT), '${'x'.repeat(200)}', 'BLOCKED', '2026-01-01T00:00:00Z',
         1767225600000000, i % 64000, 0 FROM n`,
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
