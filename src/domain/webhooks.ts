import type { Change } from './changes.ts';
import type { ListQuery } from './lists.ts';
import type { SentAttempt } from './store.ts';

/** Where events are sent to. Instants are milliseconds since the epoch. */
export interface Webhook extends NewWebhook {
  webhookId: number;
  createdAt: number;
  /** The secret before the last rotation, encrypted, and until when deliveries are signed with it too; null for none. */
  previousSecret: { secret: Uint8Array; validUntil: number } | null;
  /** When an attempt last succeeded, and when one last failed; null for never. */
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  /** Grows by one with every change. */
  version: number;
}

export interface NewWebhook {
  url: string;
  /** The types of the events that it gets. */
  events: string[];
  /** Null for none. */
  description: string | null;
  /** Whether anything is sent now. What is not is kept for later. */
  enabled: boolean;
  /** What deliveries are signed with, encrypted. */
  secret: Uint8Array;
}

export type WebhookChanges = Partial<Omit<NewWebhook, 'secret'>>;

export type WebhookQuery = ListQuery<object, 'webhookId'>;

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook. Instants are milliseconds since the epoch. */
export interface Delivery {
  deliveryId: number;
  webhookId: number;
  /** The event's. */
  sequence: number;
  type: string;
  /** `failed` when it is given up. */
  state: DeliveryState;
  /** How often it was tried, the attempt under way included; anew once it is to be sent again. */
  attempts: number;
  firstAttemptAt: number | null;
  /** Null once it is not pending, and while an earlier event of the same resource is. */
  nextAttemptAt: number | null;
  deliveredAt: number | null;
  /** The HTTP status of the last answer; null where there was none. */
  lastStatus: number | null;
  /** Why the last attempt was no success. */
  lastError: string | null;
}

/** A delivery to be sent now. */
export interface ClaimedDelivery {
  delivery: Delivery & { firstAttemptAt: number };
  webhook: Webhook;
  /** What to send, or undefined when the change log has it no longer. */
  change: Change | undefined;
}

export interface AttemptResult {
  /** `pending` when it is to be tried again. */
  state: DeliveryState;
  status: number | null;
  error: string | null;
  /** Null unless it is pending. */
  nextAttemptAt: number | null;
  /** The attempt; null when nothing was sent. */
  attempt: SentAttempt | null;
}

export interface DeliveryFilter {
  webhookId: number;
  state?: DeliveryState;
}

export type DeliveryQuery = ListQuery<DeliveryFilter, 'deliveryId'>;
