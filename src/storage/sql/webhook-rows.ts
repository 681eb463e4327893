import { type Change, idsOf } from '../../domain/changes.ts';
import type {
  Attempt,
  ClaimedDelivery,
  Delivery,
  DeliveryState,
  NewWebhook,
  Webhook,
  WebhookChanges,
  WebhookHealthChange,
} from '../../domain/webhooks.ts';
import { bytes, type Columns, columnList, integer, rowDecoder, text } from './columns.ts';
import type { ListTable } from './list-sql.ts';

interface WebhookRow extends Omit<Webhook, 'events' | 'enabled' | 'previousSecret'> {
  /** Separated by spaces. */
  events: string;
  /** 0 or 1. */
  enabled: number;
  previousSecret: Uint8Array | null;
  previousValidUntil: number | null;
}

const WEBHOOK_FIELDS = {
  webhookId: integer('webhook_id'),
  url: text('url'),
  events: text('events'),
  description: text('description'),
  enabled: integer('enabled'),
  secret: bytes('secret'),
  createdAt: integer('created_at'),
  version: integer('version'),
  previousSecret: bytes('previous_secret'),
  previousValidUntil: integer('previous_valid_until'),
  lastSuccessAt: integer('last_success_at'),
  lastFailureAt: integer('last_failure_at'),
};

/** The columns that {@link toWebhook} reads. */
export const WEBHOOK_COLUMNS = columnList(WEBHOOK_FIELDS);

const decodeWebhook = rowDecoder<WebhookRow>(WEBHOOK_FIELDS);

export function toWebhook(row: readonly unknown[]): Webhook {
  const { events, enabled, previousSecret: secret, previousValidUntil: validUntil, ...webhook } = decodeWebhook(row);
  return {
    ...webhook,
    events: events.split(' '),
    enabled: enabled === 1,
    previousSecret: secret === null || validUntil === null ? null : { secret, validUntil },
  };
}

/** The values of the columns of a new webhook: url, events, description, enabled, secret. */
export function webhookValues({ url, events, description, enabled, secret }: NewWebhook) {
  return [url, events.join(' '), description, enabled ? 1 : 0, secret] as const;
}

/** The webhook after the changes; the same object if no value differs. */
export function changeWebhook(webhook: Webhook, changes: WebhookChanges): Webhook {
  const changed = { ...webhook, ...changes };
  const names = ['url', 'events', 'description', 'enabled'] as const;
  const same = names.every((name) => JSON.stringify(changed[name]) === JSON.stringify(webhook[name]));
  return same ? webhook : { ...changed, version: webhook.version + 1 };
}

/** The list of webhooks, in both databases. */
export const WEBHOOK_LIST: ListTable<object, 'webhookId'> = {
  name: 'webhooks',
  columns: WEBHOOK_COLUMNS,
  visible: 'true',
  filters: {},
  sortColumns: { webhookId: 'webhook_id' },
  indexed: { '': ['webhookId'] },
};

const DELIVERY_FIELDS = {
  deliveryId: integer('delivery_id'),
  webhookId: integer('webhook_id'),
  sequence: integer('sequence'),
  type: text('type'),
  state: text('state'),
  attempts: integer('attempts'),
  firstAttemptAt: integer('first_attempt_at'),
  nextAttemptAt: integer('next_attempt_at'),
  deliveredAt: integer('delivered_at'),
  lastStatus: integer('last_status'),
  lastError: text('last_error'),
};

/** The columns that {@link toDelivery} reads. */
export const DELIVERY_COLUMNS = columnList(DELIVERY_FIELDS);

/** The number of {@link DELIVERY_COLUMNS}. */
export const DELIVERY_COLUMN_COUNT = Object.keys(DELIVERY_FIELDS).length;

export const toDelivery = rowDecoder<Delivery>(DELIVERY_FIELDS);

const ATTEMPT_FIELDS = {
  at: integer('at'),
  durationMs: integer('duration_ms'),
  status: integer('status'),
  error: text('error'),
  response: text('response'),
};

/** The columns that {@link toAttempt} reads. */
export const ATTEMPT_COLUMNS = columnList(ATTEMPT_FIELDS);

export const toAttempt = rowDecoder<Attempt>(ATTEMPT_FIELDS);

/** How an attempt changes the health of its webhook. `wasFailing`: whether the previous attempt failed. */
export function healthChange(wasFailing: boolean, fails: boolean): WebhookHealthChange | undefined {
  if (wasFailing === fails) return undefined;
  return fails ? 'failing' : 'recovered';
}

/** The resource of a test event: a different one for each, so that a test waits for no other delivery. */
export function testResource(sequence: number): string {
  return `test/${sequence}`;
}

/** The list of a webhook's deliveries, in both databases. */
export const DELIVERY_LIST: ListTable<{ webhookId: number; state?: DeliveryState }, 'deliveryId'> = {
  name: 'webhook_deliveries',
  columns: DELIVERY_COLUMNS,
  visible: 'true',
  filters: { webhookId: 'webhook_id = ?', state: 'state = ?' },
  sortColumns: { deliveryId: 'delivery_id' },
  indexed: { webhookId: ['deliveryId'], 'webhookId state': ['deliveryId'] },
};

/** The name of the consumer that enqueues deliveries. */
export const WEBHOOK_CONSUMER = 'webhooks';

/** A delivery to insert. */
export interface NewDelivery {
  webhookId: number;
  sequence: number;
  type: string;
  resource: string;
  at: number;
  /** Whether no earlier delivery in the same batch has the same webhook and resource. */
  first: boolean;
}

/** The columns that INSERT sets from a {@link NewDelivery}. */
export const NEW_DELIVERY_FIELDS = {
  webhookId: integer('webhook_id'),
  sequence: integer('sequence'),
  type: text('type'),
  resource: text('resource'),
  at: integer('at'),
} satisfies Columns<Exclude<keyof NewDelivery, 'first'>>;

/** The deliveries of entries of the change log to the webhooks that subscribe to their types. */
export function deliveriesOf(
  changes: readonly Change[],
  webhooks: readonly { webhookId: number; events: string; fromSequence: number }[],
): NewDelivery[] {
  const seen = new Set<string>();
  return changes.flatMap((change) => {
    const { sequence, type, at } = change;
    const [name, id] = Object.entries(idsOf(change))[0] as [string, unknown];
    const resource = `${name.slice(0, -'Id'.length)}/${id}`;
    return webhooks
      .filter(({ events, fromSequence }) => sequence > fromSequence && events.split(' ').includes(type))
      .map(({ webhookId }) => {
        const key = `${webhookId} ${resource}`;
        const first = !seen.has(key);
        seen.add(key);
        return { webhookId, sequence, type, resource, at, first };
      });
  });
}

/** Claiming a delivery has set `firstAttemptAt`. */
export function claimed(delivery: Delivery, webhook: Webhook, change: Change | undefined): ClaimedDelivery {
  return { delivery: delivery as ClaimedDelivery['delivery'], webhook, change };
}
