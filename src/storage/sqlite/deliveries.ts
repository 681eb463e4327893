import type { Change } from '../../domain/changes.ts';
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
import { toChange, webhookTest } from '../sql/change-rows.ts';
import {
  claimed,
  DELIVERY_COLUMNS,
  DELIVERY_LIST,
  deliveriesOf,
  type NewDelivery,
  testResource,
  toDelivery,
  WEBHOOK_CONSUMER,
} from '../sql/webhook-rows.ts';
import type { AttemptRows } from './attempts.ts';
import type { ChangeRows } from './changes.ts';
import type { Consumers } from './consumers.ts';
import type { ListReader } from './lists.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import { type OnBoth, onBoth } from './snapshots.ts';
import { VISIBLE_CHANGE } from './visibility.ts';
import type { WebhookRows } from './webhooks.ts';

/** The maximum number of deliveries that are pruned in one transaction. */
const PRUNED_PER_BATCH = 50;

/** The maximum number of entries of the change log that are consumed in one transaction. */
const CHANGES_PER_BATCH = 50;

interface DeliveryRowsDependencies {
  changes: ChangeRows;
  consumers: Consumers;
  webhookRows: WebhookRows;
  attempts: AttemptRows;
}

/**
 * The rows of deliveries. Of the pending deliveries of one webhook and resource, only the first has a `next_attempt_at`, so
 * the index of that column contains only those. Call what writes in a transaction.
 */
export class DeliveryRows {
  readonly #dependencies: DeliveryRowsDependencies;
  readonly #clock: () => number;
  readonly #selectStart: RowStatement;
  readonly #selectSubscriptions: RowStatement;
  readonly #selectPending: RowStatement;
  readonly #insert: RowStatement;
  readonly #selectDueWebhooks: RowStatement;
  readonly #selectDue: RowStatement;
  readonly #claim: RowStatement;
  readonly #selectChange: RowStatement;
  readonly #recordAttempt: RowStatement;
  readonly #scheduleNext: RowStatement;
  readonly #select: RowStatement;
  readonly #resend: RowStatement;
  readonly #selectOld: RowStatement;
  readonly #delete: RowStatement;

  constructor({ db, clock }: Connection, dependencies: DeliveryRowsDependencies) {
    this.#dependencies = dependencies;
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
    this.#recordAttempt = prepare(
      db,
      `UPDATE webhook_deliveries SET state = ?3, last_status = ?4, last_error = ?5, next_attempt_at = ?6, delivered_at = ?7
       WHERE delivery_id = ?1 AND attempts = ?2 AND state = 'pending' RETURNING webhook_id, resource`,
    );
    this.#scheduleNext = prepare(
      db,
      `UPDATE webhook_deliveries SET next_attempt_at = ?3 WHERE next_attempt_at IS NULL AND delivery_id =
       (SELECT delivery_id FROM webhook_deliveries WHERE ${pending} ORDER BY sequence LIMIT 1)`,
    );
    this.#select = prepare(
      db,
      `SELECT ${DELIVERY_COLUMNS} FROM webhook_deliveries WHERE delivery_id = ? AND webhook_id = ?`,
    );
    // A delivery that waits for an earlier event keeps waiting.
    this.#resend = prepare(
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

  /** Whether there are new entries in the change log. Writes nothing. */
  isBehind(): boolean {
    const start = this.#selectStart.get()?.[0] as number | null;
    if (start === null) return false;
    const { changes, consumers } = this.#dependencies;
    return changes.newest() > start && consumers.isBehind(WEBHOOK_CONSUMER);
  }

  /** Enqueues deliveries for some new entries of the change log. False if none are left. */
  enqueue(): boolean {
    const start = this.#selectStart.get()?.[0] as number | null;
    if (start === null) return false;
    const { consumers } = this.#dependencies;
    // No webhook receives events from before the first webhook.
    consumers.seek(WEBHOOK_CONSUMER, start);
    return consumers.consume(WEBHOOK_CONSUMER, CHANGES_PER_BATCH, (changes) => {
      const rows = this.#selectSubscriptions.all() as [number, string, number][];
      const webhooks = rows.map(([webhookId, events, fromSequence]) => ({ webhookId, events, fromSequence }));
      for (const delivery of deliveriesOf(changes, webhooks)) this.#insertOne(delivery);
    });
  }

  dueWebhooks(): number[] {
    return this.#selectDueWebhooks.all(this.#clock()).map(([webhookId]) => webhookId as number);
  }

  claim(webhookId: number, limit: number, leaseMs: number): ClaimedDelivery[] {
    const webhook = this.#dependencies.webhookRows.get(webhookId);
    if (webhook?.enabled !== true) return [];
    const now = this.#clock();
    return this.#selectDue.all(webhookId, now, limit).map(([deliveryId]) => {
      this.#claim.run(deliveryId as number, now, now + leaseMs);
      const delivery = this.#get(webhookId, deliveryId as number) as Delivery;
      return claimed(delivery, webhook, this.#change(delivery.sequence));
    });
  }

  /** Adds a test event and its delivery. Undefined if there is no such webhook. */
  test(webhookId: number, options: ActorOptions): Delivery | undefined {
    const { webhookRows, changes } = this.#dependencies;
    if (webhookRows.get(webhookId) === undefined) return undefined;
    const now = this.#clock();
    const change = webhookTest(webhookId);
    const sequence = changes.insert(change, options);
    const { lastInsertRowid } = this.#insert.run(webhookId, sequence, change.type, testResource(sequence), now, now);
    return this.#get(webhookId, Number(lastInsertRowid));
  }

  details(webhookId: number, deliveryId: number): DeliveryDetails | undefined {
    const delivery = this.#get(webhookId, deliveryId);
    return delivery && { delivery, attempts: this.#dependencies.attempts.list(deliveryId) };
  }

  recordAttempt(
    { deliveryId, attempts }: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: DeliveryAttemptResult,
  ): WebhookHealthChange | undefined {
    const { state, status, error, nextAttemptAt } = result;
    const now = this.#clock();
    const deliveredAt = state === 'delivered' ? now : null;
    const row = this.#recordAttempt.get(deliveryId, attempts, state, status, error, nextAttemptAt, deliveredAt);
    if (row === undefined) return undefined;
    const [webhookId, resource] = row as [number, string];
    if (state !== 'pending') this.#scheduleNext.run(webhookId, resource, now);
    return this.#dependencies.attempts.insert(webhookId, deliveryId, result);
  }

  resend(webhookId: number, deliveryId: number): Delivery | undefined {
    const row = this.#resend.get(deliveryId, webhookId, this.#clock());
    return row === undefined ? undefined : toDelivery(row);
  }

  /** Prunes deliveries of events older than a time. False if there was none. */
  prune(before: number, count: number): boolean {
    const old = this.#selectOld.all(before, count) as [number, number, string, string][];
    for (const [deliveryId] of old) this.#delete.run(deliveryId);
    for (const [, webhookId, resource, state] of old) {
      if (state === 'pending') this.#scheduleNext.run(webhookId, resource, this.#clock());
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

export interface SqliteDeliveryRepositoryDependencies {
  rows: OnBoth<DeliveryRowsDependencies>;
  lists: ListReader;
}

export class SqliteDeliveryRepository implements DeliveryRepository {
  readonly #session: Session;
  readonly #rows: OnBoth<DeliveryRows>;
  readonly #lists: ListReader;

  constructor(session: Session, { rows, lists }: SqliteDeliveryRepositoryDependencies) {
    this.#session = session;
    this.#rows = onBoth((name) => new DeliveryRows(session.connections[name], rows[name]));
    this.#lists = lists;
  }

  async enqueue(): Promise<boolean> {
    // Polled often, and usually there is nothing new: then nothing is written.
    if (!(await this.#session.read(this.#rows, (rows) => rows.isBehind()))) return false;
    return this.#session.write(() => this.#rows.writing.enqueue());
  }

  dueWebhooks(): Promise<number[]> {
    return this.#session.read(this.#rows, (rows) => rows.dueWebhooks());
  }

  claim(webhookId: number, limit: number, leaseMs: number): Promise<ClaimedDelivery[]> {
    return this.#session.write(() => this.#rows.writing.claim(webhookId, limit, leaseMs));
  }

  test(webhookId: number, options: ActorOptions): Promise<Delivery | undefined> {
    return this.#session.write(() => this.#rows.writing.test(webhookId, options));
  }

  get(webhookId: number, deliveryId: number): Promise<DeliveryDetails | undefined> {
    return this.#session.read(this.#rows, (rows) => rows.details(webhookId, deliveryId));
  }

  recordAttempt(
    delivery: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: DeliveryAttemptResult,
  ): Promise<WebhookHealthChange | undefined> {
    return this.#session.write(() => this.#rows.writing.recordAttempt(delivery, result));
  }

  list(query: DeliveryQuery): Promise<Page<Delivery>> {
    return this.#lists.read({ table: DELIVERY_LIST, toItem: toDelivery }, query);
  }

  resend(webhookId: number, deliveryId: number): Promise<Delivery | undefined> {
    return this.#session.write(() => this.#rows.writing.resend(webhookId, deliveryId));
  }

  prune(before: number): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.prune(before, PRUNED_PER_BATCH));
  }
}
