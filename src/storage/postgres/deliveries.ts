import type { DeliveryDetails, WebhookHealthChange } from '../../domain/store.ts';
import type { AttemptResult, ClaimedDelivery, Delivery } from '../../domain/webhooks.ts';
import { CHANGE_COLUMNS, toChange, webhookTest } from '../sql/change-rows.ts';
import {
  claimed,
  DELIVERY_COLUMNS,
  DELIVERY_WIDTH,
  deliveriesOf,
  type NewDelivery,
  testResource,
  toDelivery,
  WEBHOOK_READER,
} from '../sql/webhook-rows.ts';
import { insertAttempt, selectAttempts } from './attempts.ts';
import { insertChange } from './changes.ts';
import { advance, type EventReader, skipTo } from './consumers.ts';
import type { Database, Queryable, Row } from './database.ts';
import { lockWebhook, selectWebhook } from './webhooks.ts';

// The first pending delivery of a webhook and resource has a time; the others wait for it without, so that what is due is
// found by its index, however many wait. Whoever inserts deliveries of a webhook, or ends one, locks the webhook: two who
// do not see each other's work would leave one waiting for ever.

/** How many entries of the change log deliveries are made of at once. */
const CHANGES_AT_ONCE = 200;

/** How many deliveries are removed at once. */
const DELIVERIES_AT_ONCE = 500;

const INSERT = `
  INSERT INTO webhook_deliveries (webhook_id, sequence, type, resource, at, state, next_attempt_at)
    SELECT webhook_id, sequence, type, resource, at, 'pending', CASE WHEN first AND NOT EXISTS (
      SELECT 1 FROM webhook_deliveries AS other
      WHERE other.webhook_id = input.webhook_id AND other.resource = input.resource AND other.state = 'pending') THEN $1::bigint END
    FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::boolean[])
      AS input (webhook_id, sequence, type, resource, at, first)`;

const CLAIM = `
  WITH due AS (
    SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = $1 AND next_attempt_at <= $2
    ORDER BY next_attempt_at, delivery_id LIMIT $3 FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE webhook_deliveries SET attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, $2),
      next_attempt_at = $4
    FROM due WHERE webhook_deliveries.delivery_id = due.delivery_id
    RETURNING webhook_deliveries.*
  )
  SELECT ${DELIVERY_COLUMNS.replaceAll(/\w+/g, 'claimed.$&')}, ${CHANGE_COLUMNS.replaceAll(/\w+/g, 'changes.$&')}
  FROM claimed LEFT JOIN changes USING (sequence) ORDER BY delivery_id`;

/** Makes deliveries of some entries of the change log. False when no more are left, or another process is at it. */
export async function queueDeliveries(db: Database, events: EventReader, now: number): Promise<boolean> {
  const [row] = await db.query({ name: 'first_webhook', text: 'SELECT min(from_sequence) FROM webhooks' });
  const start = row?.[0] as number | null;
  if (start === null) return false;
  // What came before the first webhook is nobody's.
  await skipTo(db, WEBHOOK_READER, start);
  return advance(db, events, WEBHOOK_READER, CHANGES_AT_ONCE, async (client, changes) => {
    const rows = await client.query({
      name: 'lock_webhooks',
      text: 'SELECT webhook_id, events, from_sequence FROM webhooks ORDER BY webhook_id FOR UPDATE',
    });
    const webhooks = (rows as [number, string, number][]).map(([webhookId, types, fromSequence]) => {
      return { webhookId, events: types, fromSequence };
    });
    const deliveries = deliveriesOf(changes, webhooks);
    if (deliveries.length === 0) return;
    const column = (name: keyof NewDelivery) => deliveries.map((delivery) => delivery[name]);
    await client.query({
      name: 'insert_deliveries',
      text: INSERT,
      values: [
        ...[now, column('webhookId'), column('sequence'), column('type')],
        ...[column('resource'), column('at'), column('first')],
      ],
    });
  });
}

export async function dueWebhooks(db: Database, now: number): Promise<number[]> {
  const rows = await db.query({
    name: 'due_webhooks',
    text: `SELECT webhook_id FROM webhooks WHERE enabled = 1 AND EXISTS (
             SELECT 1 FROM webhook_deliveries AS due
             WHERE due.webhook_id = webhooks.webhook_id AND due.next_attempt_at <= $1) ORDER BY webhook_id`,
    values: [now],
  });
  return rows.map(([webhookId]) => webhookId as number);
}

/** @param lease in milliseconds. */
export async function claimDeliveries(
  db: Database,
  webhookId: number,
  limit: number,
  lease: number,
  now: number,
): Promise<ClaimedDelivery[]> {
  const webhook = await selectWebhook(db, webhookId);
  if (webhook?.enabled !== true) return [];
  const values = [webhookId, now, limit, now + lease];
  const rows = await db.query({ name: 'claim_deliveries', text: CLAIM, values });
  return rows.map((row) => {
    const change = row.slice(DELIVERY_WIDTH);
    return claimed(toDelivery(row), webhook, change[0] === null ? undefined : toChange(change));
  });
}

export function noteAttempt(
  db: Database,
  { deliveryId, attempts }: Pick<Delivery, 'deliveryId' | 'attempts'>,
  result: AttemptResult,
  now: number,
): Promise<WebhookHealthChange | undefined> {
  const { state, status, error, nextAttemptAt } = result;
  return db.transaction(async (client) => {
    await client.query({
      name: 'lock_webhook_of_delivery',
      text: `SELECT 1 FROM webhooks WHERE webhook_id =
             (SELECT webhook_id FROM webhook_deliveries WHERE delivery_id = $1) FOR UPDATE`,
      values: [deliveryId],
    });
    const [row] = await client.query({
      name: 'note_attempt',
      text: `UPDATE webhook_deliveries SET state = $3, last_status = $4, last_error = $5, next_attempt_at = $6,
             delivered_at = $7 WHERE delivery_id = $1 AND attempts = $2 AND state = 'pending'
             RETURNING webhook_id, resource`,
      values: [deliveryId, attempts, state, status, error, nextAttemptAt, state === 'delivered' ? now : null],
    });
    if (row === undefined) return undefined;
    if (state !== 'pending') await giveTime(client, row, now);
    return insertAttempt(client, row[0] as number, deliveryId, result, now);
  });
}

/** Makes a test event and its delivery. Undefined when there is no such webhook. */
export function testWebhook(
  db: Database,
  webhookId: number,
  actor: string,
  now: number,
): Promise<Delivery | undefined> {
  return db.transaction(async (client) => {
    if ((await lockWebhook(client, webhookId)) === undefined) return undefined;
    const change = webhookTest(webhookId);
    const sequence = await insertChange(client, change, actor, now);
    const [row] = await client.query({
      text: `INSERT INTO webhook_deliveries (webhook_id, sequence, type, resource, at, state, next_attempt_at)
             VALUES ($1, $2, $3, $4, $5, 'pending', $5) RETURNING ${DELIVERY_COLUMNS}`,
      values: [webhookId, sequence, change.type, testResource(sequence), now],
    });
    return toDelivery(row as Row);
  });
}

export async function getDelivery(
  db: Database,
  webhookId: number,
  deliveryId: number,
): Promise<DeliveryDetails | undefined> {
  const text = `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries WHERE delivery_id = $1 AND webhook_id = $2`;
  const [row] = await db.query({ text, values: [deliveryId, webhookId] });
  if (row === undefined) return undefined;
  return { delivery: toDelivery(row), attempts: await selectAttempts(db, deliveryId) };
}

export async function redeliver(
  db: Database,
  webhookId: number,
  deliveryId: number,
  now: number,
): Promise<Delivery | undefined> {
  const [row] = await db.query({
    // One that waits for an earlier event goes on waiting.
    text: `UPDATE webhook_deliveries SET attempts = 0, first_attempt_at = NULL, delivered_at = NULL,
             next_attempt_at = CASE WHEN state = 'pending' AND next_attempt_at IS NULL THEN NULL ELSE $3::bigint END,
             state = 'pending'
           WHERE delivery_id = $1 AND webhook_id = $2 RETURNING ${DELIVERY_COLUMNS}`,
    values: [deliveryId, webhookId, now],
  });
  return row === undefined ? undefined : toDelivery(row);
}

/** Removes some of those whose events are older than an instant. False when there was none. */
export function removeOldDeliveries(db: Database, before: number, now: number): Promise<boolean> {
  return db.transaction(async (client) => {
    const old = (await client.query({
      name: 'old_deliveries',
      text: `SELECT delivery_id, webhook_id FROM webhook_deliveries WHERE at < $1 ORDER BY at, delivery_id LIMIT $2`,
      values: [before, DELIVERIES_AT_ONCE],
    })) as [number, number][];
    if (old.length === 0) return false;
    await client.query({
      text: 'SELECT 1 FROM webhooks WHERE webhook_id = ANY($1::bigint[]) ORDER BY webhook_id FOR UPDATE',
      values: [old.map(([, webhookId]) => webhookId)],
    });
    const removed = await client.query({
      text: 'DELETE FROM webhook_deliveries WHERE delivery_id = ANY($1::bigint[]) RETURNING webhook_id, resource, state',
      values: [old.map(([deliveryId]) => deliveryId)],
    });
    for (const row of removed) if (row[2] === 'pending') await giveTime(client, row, now);
    return true;
  });
}

/** The first pending delivery of a webhook and resource, which begin the row, has its time if it has none. */
async function giveTime(client: Queryable, [webhookId, resource]: Row, now: number): Promise<void> {
  await client.query({
    name: 'give_time',
    text: `UPDATE webhook_deliveries SET next_attempt_at = $3 WHERE next_attempt_at IS NULL AND delivery_id =
           (SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = $1 AND resource = $2 AND state = 'pending'
            ORDER BY sequence LIMIT 1)`,
    values: [webhookId, resource, now],
  });
}
