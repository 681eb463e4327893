import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '../../domain/changes.ts';
import type { DeliveryDetails, WebhookHealthChange } from '../../domain/store.ts';
import type { AttemptResult, ClaimedDelivery, Delivery } from '../../domain/webhooks.ts';
import { toChange, webhookTest } from '../sql/change-rows.ts';
import {
  claimed,
  DELIVERY_COLUMNS,
  deliveriesOf,
  type NewDelivery,
  testResource,
  toDelivery,
  WEBHOOK_READER,
} from '../sql/webhook-rows.ts';
import type { AttemptTable } from './attempts.ts';
import { type ChangeTable, VISIBLE_CHANGE } from './changes.ts';
import type { EventPositions } from './consumers.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { WebhookTable } from './webhooks.ts';

/** How many entries of the change log deliveries are made of at once. */
const CHANGES_AT_ONCE = 50;

interface Tables {
  attempts: AttemptTable;
  changes: ChangeTable;
  positions: EventPositions;
  webhooks: WebhookTable;
}

/**
 * The deliveries. The first pending one of a webhook and resource has a time; the others wait for it without, so that what
 * is due is found by its index, however many wait. Whatever writes must be called inside a transaction.
 */
export class DeliveryTable {
  readonly #tables: Tables;
  readonly #clock: () => number;
  readonly #selectStart: RowStatement;
  readonly #selectSubscriptions: RowStatement;
  readonly #selectPending: RowStatement;
  readonly #insert: RowStatement;
  readonly #selectDueWebhooks: RowStatement;
  readonly #selectDue: RowStatement;
  readonly #claim: RowStatement;
  readonly #selectChange: RowStatement;
  readonly #note: RowStatement;
  readonly #giveTime: RowStatement;
  readonly #select: RowStatement;
  readonly #redeliver: RowStatement;
  readonly #selectOld: RowStatement;
  readonly #delete: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, tables: Tables, clock: () => number) {
    this.#tables = tables;
    this.#clock = clock;
    this.#selectStart = prepare(db, 'SELECT min(from_sequence) FROM webhooks');
    this.#selectSubscriptions = prepare(
      db,
      'SELECT webhook_id, events, from_sequence FROM webhooks ORDER BY webhook_id',
    );
    const pending = `webhook_id = ?1 AND resource = ?2 AND state = 'pending'`;
    this.#selectPending = prepare(db, `SELECT 1 FROM webhook_deliveries WHERE ${pending} LIMIT 1`);
    this.#insert = prepare(
      db,
      `INSERT INTO webhook_deliveries (webhook_id, sequence, type, resource, at, state, next_attempt_at)
       VALUES (?, ?, ?, ?, ?, 'pending', ?)`,
    );
    this.#selectDueWebhooks = prepare(
      db,
      `SELECT webhook_id FROM webhooks WHERE enabled = 1 AND EXISTS (
         SELECT 1 FROM webhook_deliveries AS due WHERE due.webhook_id = webhooks.webhook_id AND due.next_attempt_at <= ?)`,
    );
    this.#selectDue = prepare(
      db,
      `SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = ? AND next_attempt_at <= ?
       ORDER BY next_attempt_at, delivery_id LIMIT ?`,
    );
    this.#claim = prepare(
      db,
      `UPDATE webhook_deliveries SET attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, ?2),
       next_attempt_at = ?3 WHERE delivery_id = ?1`,
    );
    this.#selectChange = prepare(db, `SELECT ${VISIBLE_CHANGE} FROM changes WHERE sequence = ?`);
    this.#note = prepare(
      db,
      `UPDATE webhook_deliveries SET state = ?3, last_status = ?4, last_error = ?5, next_attempt_at = ?6, delivered_at = ?7
       WHERE delivery_id = ?1 AND attempts = ?2 AND state = 'pending' RETURNING webhook_id, resource`,
    );
    this.#giveTime = prepare(
      db,
      `UPDATE webhook_deliveries SET next_attempt_at = ?3 WHERE next_attempt_at IS NULL AND delivery_id =
       (SELECT delivery_id FROM webhook_deliveries WHERE ${pending} ORDER BY sequence LIMIT 1)`,
    );
    this.#select = prepare(
      db,
      `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries WHERE delivery_id = ? AND webhook_id = ?`,
    );
    // One that waits for an earlier event goes on waiting.
    this.#redeliver = prepare(
      db,
      `UPDATE webhook_deliveries SET attempts = 0, first_attempt_at = NULL, delivered_at = NULL,
       next_attempt_at = CASE WHEN state = 'pending' AND next_attempt_at IS NULL THEN NULL ELSE ?3 END, state = 'pending'
       WHERE delivery_id = ?1 AND webhook_id = ?2 RETURNING ${DELIVERY_COLUMNS}`,
    );
    this.#selectOld = prepare(
      db,
      'SELECT delivery_id, webhook_id, resource, state FROM webhook_deliveries WHERE at < ? ORDER BY at LIMIT ?',
    );
    this.#delete = prepare(db, 'DELETE FROM webhook_deliveries WHERE delivery_id = ?');
  }

  /** Whether there are entries of the change log that deliveries have not been made of. It writes nothing. */
  hasUnqueued(): boolean {
    const start = this.#selectStart.get()?.[0] as number | null;
    if (start === null) return false;
    const { changes, positions } = this.#tables;
    return changes.newest() > start && positions.isBehind(WEBHOOK_READER);
  }

  /** Makes deliveries of some entries of the change log. False when no more are left. */
  queue(): boolean {
    const start = this.#selectStart.get()?.[0] as number | null;
    if (start === null) return false;
    const { positions } = this.#tables;
    // What came before the first webhook is nobody's.
    positions.skipTo(WEBHOOK_READER, start);
    return positions.advance(WEBHOOK_READER, CHANGES_AT_ONCE, (changes) => {
      const rows = this.#selectSubscriptions.all() as [number, string, number][];
      const webhooks = rows.map(([webhookId, events, fromSequence]) => ({ webhookId, events, fromSequence }));
      for (const delivery of deliveriesOf(changes, webhooks)) this.#insertOne(delivery);
    });
  }

  dueWebhooks(): number[] {
    return this.#selectDueWebhooks.all(this.#clock()).map(([webhookId]) => webhookId as number);
  }

  /** @param lease in milliseconds. */
  claim(webhookId: number, limit: number, lease: number): ClaimedDelivery[] {
    const webhook = this.#tables.webhooks.get(webhookId);
    if (webhook?.enabled !== true) return [];
    const now = this.#clock();
    return this.#selectDue.all(webhookId, now, limit).map(([deliveryId]) => {
      this.#claim.run(deliveryId as number, now, now + lease);
      const delivery = this.#get(webhookId, deliveryId as number) as Delivery;
      return claimed(delivery, webhook, this.#change(delivery.sequence));
    });
  }

  /**
   * Makes a test event and its delivery. Undefined when there is no such webhook.
   *
   * @param actor who asked for it.
   */
  test(webhookId: number, actor: string): Delivery | undefined {
    const { webhooks, changes } = this.#tables;
    if (webhooks.get(webhookId) === undefined) return undefined;
    const now = this.#clock();
    const change = webhookTest(webhookId);
    const sequence = changes.insert(change, actor);
    const { lastInsertRowid } = this.#insert.run(webhookId, sequence, change.type, testResource(sequence), now, now);
    return this.#get(webhookId, Number(lastInsertRowid));
  }

  note(
    { deliveryId, attempts }: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: AttemptResult,
  ): WebhookHealthChange | undefined {
    const { state, status, error, nextAttemptAt } = result;
    const now = this.#clock();
    const deliveredAt = state === 'delivered' ? now : null;
    const row = this.#note.get(deliveryId, attempts, state, status, error, nextAttemptAt, deliveredAt);
    if (row === undefined) return undefined;
    const [webhookId, resource] = row as [number, string];
    if (state !== 'pending') this.#giveTime.run(webhookId, resource, now);
    return this.#tables.attempts.insert(webhookId, deliveryId, result);
  }

  details(webhookId: number, deliveryId: number): DeliveryDetails | undefined {
    const delivery = this.#get(webhookId, deliveryId);
    return delivery && { delivery, attempts: this.#tables.attempts.list(deliveryId) };
  }

  redeliver(webhookId: number, deliveryId: number): Delivery | undefined {
    const row = this.#redeliver.get(deliveryId, webhookId, this.#clock());
    return row === undefined ? undefined : toDelivery(row);
  }

  /** Removes some of those whose events are older than an instant. False when there was none. */
  removeOld(before: number, count: number): boolean {
    const old = this.#selectOld.all(before, count) as [number, number, string, string][];
    for (const [deliveryId] of old) this.#delete.run(deliveryId);
    for (const [, webhookId, resource, state] of old) {
      if (state === 'pending') this.#giveTime.run(webhookId, resource, this.#clock());
    }
    return old.length > 0;
  }

  #insertOne({ webhookId, sequence, type, resource, at, first }: NewDelivery): void {
    const waits = !first || this.#selectPending.get(webhookId, resource) !== undefined;
    this.#insert.run(webhookId, sequence, type, resource, at, waits ? null : this.#clock());
  }

  #get(webhookId: number, deliveryId: number): Delivery | undefined {
    const row = this.#select.get(deliveryId, webhookId);
    return row === undefined ? undefined : toDelivery(row);
  }

  #change(sequence: number): Change | undefined {
    const row = this.#selectChange.get(sequence);
    return row === undefined ? undefined : toChange(row);
  }
}
