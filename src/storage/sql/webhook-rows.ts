import type { Change } from '../../domain/changes.ts';
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
import type { ListTable } from './list-sql.ts';

/** The columns that {@link toWebhook} reads. */
export const WEBHOOK_COLUMNS = `webhook_id, url, events, description, enabled, secret, created_at, version,
  previous_secret, previous_valid_until, last_success_at, last_failure_at`;

export function toWebhook(row: readonly unknown[]): Webhook {
  const [webhookId, url, events, description, enabled, secret, createdAt, version, ...rest] = row as [
    number,
    string,
    string,
    string | null,
    number,
    Uint8Array,
    number,
    number,
    Uint8Array | null,
    number | null,
    number | null,
    number | null,
  ];
  const [previous, validUntil, lastSuccessAt, lastFailureAt] = rest;
  const previousSecret = previous && validUntil !== null ? { secret: previous, validUntil } : null;
  return {
    ...{ webhookId, url, events: events.split(' '), description, enabled: enabled === 1, secret },
    ...{ createdAt, version, previousSecret, lastSuccessAt, lastFailureAt },
  };
}

/** The values of the columns of a new webhook: url, events, description, enabled, secret. */
export function webhookValues({ url, events, description, enabled, secret }: NewWebhook) {
  return [url, events.join(' '), description, enabled ? 1 : 0, secret] as const;
}

/** The webhook with changes; the very same one when they change nothing. */
export function changeWebhook(webhook: Webhook, changes: WebhookChanges): Webhook {
  const changed = { ...webhook, ...changes };
  const names = ['url', 'events', 'description', 'enabled'] as const;
  const same = names.every((name) => JSON.stringify(changed[name]) === JSON.stringify(webhook[name]));
  return same ? webhook : { ...changed, version: webhook.version + 1 };
}

/** The list of webhooks, in the dialect that the databases share. */
export const WEBHOOK_LIST: ListTable<object, 'webhookId'> = {
  name: 'webhooks',
  columns: WEBHOOK_COLUMNS,
  visible: 'true',
  filters: {},
  sortColumns: { webhookId: 'webhook_id' },
  indexed: { '': ['webhookId'] },
};

/** The columns that {@link toDelivery} reads. */
export const DELIVERY_COLUMNS = `delivery_id, webhook_id, sequence, type, state, attempts, first_attempt_at,
  next_attempt_at, delivered_at, last_status, last_error`;

/** How many there are. */
export const DELIVERY_WIDTH = DELIVERY_COLUMNS.split(',').length;

export function toDelivery(row: readonly unknown[]): Delivery {
  const [deliveryId, webhookId, sequence, type, state, attempts, firstAttemptAt, nextAttemptAt, ...last] = row as [
    number,
    number,
    number,
    string,
    DeliveryState,
    number,
    number | null,
    number | null,
    number | null,
    number | null,
    string | null,
  ];
  const [deliveredAt, lastStatus, lastError] = last;
  return {
    ...{ deliveryId, webhookId, sequence, type, state, attempts, firstAttemptAt, nextAttemptAt },
    ...{ deliveredAt, lastStatus, lastError },
  };
}

/** The columns that {@link toAttempt} reads. */
export const ATTEMPT_COLUMNS = 'at, duration_ms, status, error, response';

export function toAttempt(row: readonly unknown[]): Attempt {
  const [at, durationMs, status, error, response] = row as [
    number,
    number,
    number | null,
    string | null,
    string | null,
  ];
  return { at, durationMs, status, error, response };
}

/** What an attempt means for its webhook, whose attempt before failed or not. */
export function healthChange(wasFailing: boolean, fails: boolean): WebhookHealthChange | undefined {
  if (wasFailing === fails) return undefined;
  return fails ? 'failing' : 'recovered';
}

/** The resource of a test event: in order with no other, so that a test waits for nothing. */
export function testResource(sequence: number): string {
  return `test/${sequence}`;
}

/** The list of a webhook's deliveries, in the dialect that the databases share. */
export const DELIVERY_LIST: ListTable<{ webhookId: number; state?: DeliveryState }, 'deliveryId'> = {
  name: 'webhook_deliveries',
  columns: DELIVERY_COLUMNS,
  visible: 'true',
  filters: { webhookId: 'webhook_id = ?', state: 'state = ?' },
  sortColumns: { deliveryId: 'delivery_id' },
  indexed: { webhookId: ['deliveryId'], 'webhookId state': ['deliveryId'] },
};

/** The reader of the change log that makes deliveries. */
export const WEBHOOK_CONSUMER = 'webhooks';

/** A delivery as it is inserted. */
export interface NewDelivery {
  webhookId: number;
  sequence: number;
  type: string;
  resource: string;
  at: number;
  /** Whether none before it in the same batch is for the same webhook and resource. */
  first: boolean;
}

/** The deliveries that entries of the change log make. */
export function deliveriesOf(
  changes: readonly Change[],
  webhooks: readonly { webhookId: number; events: string; fromSequence: number }[],
): NewDelivery[] {
  const seen = new Set<string>();
  return changes.flatMap(({ sequence, type, at, userId, taskId }) => {
    const resource = taskId === null ? `user/${userId}` : `task/${taskId}`;
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

/** A delivery that was claimed just now, and so has been attempted. */
export function claimed(delivery: Delivery, webhook: Webhook, change: Change | undefined): ClaimedDelivery {
  return { delivery: delivery as ClaimedDelivery['delivery'], webhook, change };
}
