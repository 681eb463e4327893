import type { Page } from '../../domain/lists.ts';
import type { ActorOptions } from '../../domain/outcomes.ts';
import type {
  ClaimedDelivery,
  Delivery,
  DeliveryAttemptResult,
  DeliveryDetails,
  DeliveryQuery,
  DeliveryRepository,
  WebhookHealthChange,
} from '../../domain/webhooks.ts';
import { CHANGE_COLUMNS, toChange, webhookTest } from '../sql/change-rows.ts';
import { columnList } from '../sql/columns.ts';
import {
  claimed,
  DELIVERY_COLUMN_COUNT,
  DELIVERY_COLUMNS,
  DELIVERY_LIST,
  deliveriesOf,
  NEW_DELIVERY_FIELDS,
  testResource,
  toDelivery,
  WEBHOOK_CONSUMER,
} from '../sql/webhook-rows.ts';
import { insertAttempt, selectAttempts } from './attempts.ts';
import { insertChange } from './changes.ts';
import { arrayParameters, columnArrays } from './column-arrays.ts';
import type { Consumers } from './consumers.ts';
import type { Database, Queryable, Row } from './database.ts';
import type { Lists } from './lists.ts';
import { lockWebhook, selectWebhook } from './webhooks.ts';

// Of the pending deliveries of one webhook and resource, only the first has a `next_attempt_at`, so the index of that
// column contains only those. Transactions that insert or end deliveries lock the webhook: two concurrent ones could
// otherwise leave a delivery waiting forever.

/** The maximum number of entries of the change log that are consumed in one transaction. */
const CHANGES_PER_BATCH = 200;

/** The maximum number of deliveries that are pruned in one transaction. */
const PRUNED_PER_BATCH = 500;

const NEW_COLUMNS = columnList(NEW_DELIVERY_FIELDS);

const INSERT = `
  INSERT INTO webhook_deliveries (${NEW_COLUMNS}, state, next_attempt_at)
    SELECT ${NEW_COLUMNS}, 'pending', CASE WHEN first AND NOT EXISTS (
      SELECT 1 FROM webhook_deliveries AS other
      WHERE other.webhook_id = input.webhook_id AND other.resource = input.resource AND other.state = 'pending') THEN $1::bigint END
    FROM unnest($2::boolean[], ${arrayParameters(NEW_DELIVERY_FIELDS, 3)}) AS input (first, ${NEW_COLUMNS})`;

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

export interface PostgresDeliveryRepositoryDependencies {
  consumers: Consumers;
  lists: Lists;
  clock: () => number;
}

export class PostgresDeliveryRepository implements DeliveryRepository {
  readonly #db: Database;
  readonly #consumers: Consumers;
  readonly #lists: Lists;
  readonly #clock: () => number;

  constructor(db: Database, dependencies: PostgresDeliveryRepositoryDependencies) {
    this.#db = db;
    this.#consumers = dependencies.consumers;
    this.#lists = dependencies.lists;
    this.#clock = dependencies.clock;
  }

  async enqueue(): Promise<boolean> {
    const [row] = await this.#db.query({
      name: 'select_first_sequence',
      text: 'SELECT min(from_sequence) FROM webhooks',
    });
    const start = row?.[0] as number | null;
    if (start === null) return false;
    // No webhook receives events from before the first webhook.
    await this.#consumers.seek(WEBHOOK_CONSUMER, start);
    return this.#consumers.consume(WEBHOOK_CONSUMER, CHANGES_PER_BATCH, async (client, changes) => {
      const rows = await client.query({
        name: 'lock_webhooks',
        text: 'SELECT webhook_id, events, from_sequence FROM webhooks ORDER BY webhook_id FOR UPDATE',
      });
      const webhooks = (rows as [number, string, number][]).map(([webhookId, types, fromSequence]) => {
        return { webhookId, events: types, fromSequence };
      });
      const deliveries = deliveriesOf(changes, webhooks);
      if (deliveries.length === 0) return;
      await client.query({
        name: 'insert_deliveries',
        text: INSERT,
        values: [this.#clock(), deliveries.map(({ first }) => first), ...columnArrays(NEW_DELIVERY_FIELDS, deliveries)],
      });
    });
  }

  async dueWebhooks(): Promise<number[]> {
    const rows = await this.#db.query({
      name: 'select_due_webhooks',
      text: `SELECT webhook_id FROM webhooks WHERE enabled = 1 AND EXISTS (
             SELECT 1 FROM webhook_deliveries AS due
             WHERE due.webhook_id = webhooks.webhook_id AND due.next_attempt_at <= $1) ORDER BY webhook_id`,
      values: [this.#clock()],
    });
    return rows.map(([webhookId]) => webhookId as number);
  }

  async claim(webhookId: number, limit: number, leaseMs: number): Promise<ClaimedDelivery[]> {
    const now = this.#clock();
    const webhook = await selectWebhook(this.#db, webhookId);
    if (webhook?.enabled !== true) return [];
    const values = [webhookId, now, limit, now + leaseMs];
    const rows = await this.#db.query({ name: 'claim_deliveries', text: CLAIM, values });
    return rows.map((row) => {
      const change = row.slice(DELIVERY_COLUMN_COUNT);
      return claimed(toDelivery(row), webhook, change[0] === null ? undefined : toChange(change));
    });
  }

  recordAttempt(
    { deliveryId, attempts }: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: DeliveryAttemptResult,
  ): Promise<WebhookHealthChange | undefined> {
    const { state, status, error, nextAttemptAt } = result;
    const now = this.#clock();
    return this.#db.transaction(async (client) => {
      await client.query({
        name: 'lock_webhook_of_delivery',
        text: `SELECT 1 FROM webhooks WHERE webhook_id =
             (SELECT webhook_id FROM webhook_deliveries WHERE delivery_id = $1) FOR UPDATE`,
        values: [deliveryId],
      });
      const [row] = await client.query({
        name: 'record_attempt',
        text: `UPDATE webhook_deliveries SET state = $3, last_status = $4, last_error = $5, next_attempt_at = $6,
             delivered_at = $7 WHERE delivery_id = $1 AND attempts = $2 AND state = 'pending'
             RETURNING webhook_id, resource`,
        values: [deliveryId, attempts, state, status, error, nextAttemptAt, state === 'delivered' ? now : null],
      });
      if (row === undefined) return undefined;
      if (state !== 'pending') await scheduleNext(client, row, now);
      return insertAttempt(client, row[0] as number, deliveryId, result, now);
    });
  }

  test(webhookId: number, options: ActorOptions): Promise<Delivery | undefined> {
    const now = this.#clock();
    return this.#db.transaction(async (client) => {
      if ((await lockWebhook(client, webhookId)) === undefined) return undefined;
      const change = webhookTest(webhookId);
      const sequence = await insertChange(client, change, options, now);
      const [row] = await client.query({
        text: `INSERT INTO webhook_deliveries (webhook_id, sequence, type, resource, at, state, next_attempt_at)
               VALUES ($1, $2, $3, $4, $5, 'pending', $5) RETURNING ${DELIVERY_COLUMNS}`,
        values: [webhookId, sequence, change.type, testResource(sequence), now],
      });
      return toDelivery(row as Row);
    });
  }

  async get(webhookId: number, deliveryId: number): Promise<DeliveryDetails | undefined> {
    const text = `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries WHERE delivery_id = $1 AND webhook_id = $2`;
    const [row] = await this.#db.query({ text, values: [deliveryId, webhookId] });
    if (row === undefined) return undefined;
    return { delivery: toDelivery(row), attempts: await selectAttempts(this.#db, deliveryId) };
  }

  list(query: DeliveryQuery): Promise<Page<Delivery>> {
    return this.#lists.read(DELIVERY_LIST, toDelivery, query);
  }

  async resend(webhookId: number, deliveryId: number): Promise<Delivery | undefined> {
    const [row] = await this.#db.write({
      // A delivery that waits for an earlier event keeps waiting.
      text: `UPDATE webhook_deliveries SET attempts = 0, first_attempt_at = NULL, delivered_at = NULL,
             next_attempt_at = CASE WHEN state = 'pending' AND next_attempt_at IS NULL THEN NULL ELSE $3::bigint END,
             state = 'pending'
           WHERE delivery_id = $1 AND webhook_id = $2 RETURNING ${DELIVERY_COLUMNS}`,
      values: [deliveryId, webhookId, this.#clock()],
    });
    return row === undefined ? undefined : toDelivery(row);
  }

  prune(before: number): Promise<boolean> {
    const now = this.#clock();
    return this.#db.transaction(async (client) => {
      const old = (await client.query({
        name: 'select_old_deliveries',
        text: `SELECT delivery_id, webhook_id FROM webhook_deliveries WHERE at < $1 ORDER BY at, delivery_id LIMIT $2`,
        values: [before, PRUNED_PER_BATCH],
      })) as [number, number][];
      if (old.length === 0) return false;
      await client.query({
        text: 'SELECT 1 FROM webhooks WHERE webhook_id = ANY($1::bigint[]) ORDER BY webhook_id FOR UPDATE',
        values: [old.map(([, webhookId]) => webhookId)],
      });
      const deleted = await client.query({
        text: 'DELETE FROM webhook_deliveries WHERE delivery_id = ANY($1::bigint[]) RETURNING webhook_id, resource, state',
        values: [old.map(([deliveryId]) => deliveryId)],
      });
      for (const row of deleted) if (row[2] === 'pending') await scheduleNext(client, row, now);
      return true;
    });
  }
}

/** Makes the first pending delivery of a webhook and resource, the first two columns of `row`, due. */
async function scheduleNext(client: Queryable, [webhookId, resource]: Row, now: number): Promise<void> {
  await client.query({
    name: 'schedule_next_delivery',
    text: `UPDATE webhook_deliveries SET next_attempt_at = $3 WHERE next_attempt_at IS NULL AND delivery_id =
           (SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = $1 AND resource = $2 AND state = 'pending'
            ORDER BY sequence LIMIT 1)`,
    values: [webhookId, resource, now],
  });
}
