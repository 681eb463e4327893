import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { isCheap } from '../../../src/storage/sql/list-sql.ts';
import { DELIVERY_LIST } from '../../../src/storage/sql/webhook-rows.ts';
import { AttemptRows } from '../../../src/storage/sqlite/attempts.ts';
import { ChangeRows } from '../../../src/storage/sqlite/changes.ts';
import { Consumers } from '../../../src/storage/sqlite/consumers.ts';
import { DeliveryRows } from '../../../src/storage/sqlite/deliveries.ts';
import { PageReader } from '../../../src/storage/sqlite/page-reader.ts';
import { SELECT_ANY_DUE_REMINDER, SELECT_DUE_REMINDERS } from '../../../src/storage/sqlite/tasks.ts';
import { WebhookRows } from '../../../src/storage/sqlite/webhooks.ts';
import { emptyDatabase } from './empty-database.ts';

test('due reminders are read from their own index, in order', (t) => {
  const db = emptyDatabase(t);
  for (const sql of [SELECT_DUE_REMINDERS, SELECT_ANY_DUE_REMINDER]) {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const steps = plan.map(({ detail }) => String(detail));
    assert.match(String(steps[0]), /^SEARCH tasks USING (COVERING )?INDEX tasks_to_remind \(remind_at<\?\)$/);
    assert.doesNotMatch(steps.join('\n'), /TEMP B-TREE|SCAN tasks/);
  }
});

test('soft-deleted users are found in their own index', (t) => {
  const db = emptyDatabase(t);
  const plan = db.prepare('EXPLAIN QUERY PLAN SELECT user_id FROM users WHERE deleted = 1 LIMIT 1').all();
  assert.match(String(plan[0]?.detail), /users_deleted/);
});

test('every query of deliveries uses an index', (t) => {
  const db = emptyDatabase(t);
  const statements: string[] = [];
  const recording = {
    prepare(sql: string) {
      statements.push(sql);
      return db.prepare(sql);
    },
  } as unknown as DatabaseSync;
  const connection = { db, clock: Date.now };
  const recorded = { ...connection, db: recording };
  const changes = new ChangeRows(connection);
  new DeliveryRows(recorded, {
    changes,
    consumers: new Consumers(connection, changes),
    webhookRows: new WebhookRows(connection, changes),
    attempts: new AttemptRows(recorded),
  });
  const sort = [{ field: 'deliveryId' as const, descending: true }];
  const lists = [{ webhookId: 1 }, { webhookId: 1, state: 'failed' as const }].flatMap((filter) => {
    return [{ offset: 0 }, { after: [7] }].map((from) => ({ filter, from, sort, limit: 20, count: false }));
  });
  for (const query of lists) {
    assert.equal(isCheap(DELIVERY_LIST, query), true);
    new PageReader({ prepare: recording.prepare } as DatabaseSync).read({ table: DELIVERY_LIST, query });
  }
  const plans = statements.map((sql) => {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    return `${sql}:\n${steps.map(({ detail }) => detail).join('\n')}`;
  });
  assert.ok(
    plans.filter((plan) => /SEARCH (webhook_(deliveries|attempts)|due)/.test(plan)).length >= 13,
    plans.join('\n\n'),
  );
  for (const plan of plans) assert.doesNotMatch(plan, /SCAN (webhook_(deliveries|attempts)|due)|TEMP B-TREE/, plan);
});
