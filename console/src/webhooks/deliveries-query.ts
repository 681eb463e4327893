import type { Delivery } from '#client';
import { api } from '../api/client.ts';
import type { RecordKind } from '../api/records.ts';

/** How often lists and records are read again: the event stream does not report deliveries. */
export const POLL_INTERVAL_MS = 2_000;

/** The deliveries of a webhook, for the cache. */
export function deliveriesOf(
  webhookId: number,
): Pick<RecordKind<Delivery, never, never>, 'name' | 'idOf' | 'listPage'> {
  return {
    name: `webhook/${webhookId}/delivery`,
    idOf: (delivery) => delivery.deliveryId,
    listPage: (query, options) => api.webhooks.deliveriesPage(webhookId, query, options),
  };
}
