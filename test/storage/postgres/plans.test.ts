import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Database } from '../../../src/storage/postgres/database.ts';
import { CLEAR_DUE_REMINDERS } from '../../../src/storage/postgres/tasks.ts';
import { run, skipWithoutPostgres, testDatabase } from '../../support/postgres.ts';

const TASKS = 20_000;

/** How the server goes about a statement of any parameters, a line a step. */
async function planOf(t: TestContext, url: string, text: string): Promise<string> {
  const db = new Database(url, () => undefined);
  t.after(() => db.close());
  return (await db.query({ text: `EXPLAIN (GENERIC_PLAN) ${text}` })).join('\n');
}

for (const [what, remindAt] of [
  ['none is to be reminded of', 'NULL'],
  ['few are', 'CASE WHEN n % 1000 = 0 THEN n END'],
  ['all are', 'n'],
] as const) {
  test(`due reminders among many tasks are found by an index if ${what}`, async (t) => {
    if (skipWithoutPostgres(t)) return;
    const url = await testDatabase(t);
    await run(
      url,
      `INSERT INTO users (first_name, last_name, contact_email, contact_email_key, created_at, updated_at)
         VALUES ('a', 'b', 'c', 'c', 0, 0);
       INSERT INTO tasks (user_id, task_title, task_status, due_date, due_at, warning_offset, updated_at, remind_at)
         SELECT 1, 'Write', 'BLOCKED', 'x', n, 0, 0, ${remindAt} FROM generate_series(1, ${TASKS}) AS n`,
    );
    for (const known of [false, true]) {
      if (known) await run(url, 'ANALYZE tasks');
      const plan = await planOf(t, url, CLEAR_DUE_REMINDERS);
      assert.match(plan, /Index Scan using tasks_to_remind on tasks/, plan);
      assert.doesNotMatch(plan, /Seq Scan on tasks/, plan);
    }
  });
}
