import type { Change } from './changes.ts';
import type { ListQuery, Page } from './lists.ts';
import type { ActorOptions, ChangeOptions, Created, CreateOptions, KeyReused, VersionMismatch } from './outcomes.ts';

export interface NewWebhook {
  url: string;
  /** The types of events to send. */
  events: string[];
  /** Null for none. */
  description: string | null;
  /** Whether events are sent now. While false, they are queued. */
  enabled: boolean;
  /** The signing secret, encrypted. */
  secret: Uint8Array;
}

/** A subscription to events by URL. Times are milliseconds since the epoch. */
export interface Webhook extends NewWebhook {
  webhookId: number;
  createdAt: number;
  /** The secret before the last rotation, encrypted, and until when deliveries are also signed with it, or null. */
  previousSecret: { secret: Uint8Array; validUntil: number } | null;
  /** When an attempt last succeeded, and when one last failed, or null for never. */
  lastSuccessAt: number | null;
  lastFailureAt: number | null;
  /** Increases by one with every change. */
  version: number;
}

/** A new secret for a webhook. */
export interface WebhookRotation {
  /** Encrypted. */
  secret: Uint8Array;
  /** Until when deliveries are also signed with the previous secret, in milliseconds since the epoch. */
  previousValidUntil: number;
}

export type WebhookChanges = Partial<Omit<NewWebhook, 'secret'>>;

export type WebhookQuery = ListQuery<object, 'webhookId'>;

export interface WebhookRepository {
  /** Creates a webhook. It receives the events that follow its creation in the change log. */
  create(webhook: NewWebhook, options: CreateOptions): Promise<Created<Webhook> | typeof KeyReused>;
  /** The webhook with this id, or undefined. */
  get(webhookId: number): Promise<Webhook | undefined>;
  /** One page of webhooks, read from one snapshot. */
  list(query: WebhookQuery): Promise<Page<Webhook>>;
  /** As `update` of a user. */
  update(
    webhookId: number,
    changes: WebhookChanges,
    options: ChangeOptions,
  ): Promise<Webhook | typeof VersionMismatch | undefined>;
  /** Replaces the secret. Returns the webhook, or undefined if there is none. */
  rotate(webhookId: number, rotation: WebhookRotation, options: ActorOptions): Promise<Webhook | undefined>;
  /** Erases previous secrets that are not valid any more. */
  pruneSecrets(): Promise<void>;
  /** False if there is no such webhook. Nothing is sent to it afterwards. */
  delete(webhookId: number, options: ChangeOptions): Promise<boolean | typeof VersionMismatch>;
}

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event to send to one webhook. Times are milliseconds since the epoch. */
export interface Delivery {
  deliveryId: number;
  webhookId: number;
  /** The event's sequence number. */
  sequence: number;
  type: string;
  /** `failed` once all retries have failed. */
  state: DeliveryState;
  /** The number of attempts, including one in flight; reset when the delivery is resent. */
  attempts: number;
  firstAttemptAt: number | null;
  /** Null once it is not pending, and while an earlier event of the same resource is. */
  nextAttemptAt: number | null;
  deliveredAt: number | null;
  /** The HTTP status of the last response, or null. */
  lastStatus: number | null;
  /** Why the last attempt failed, or null. */
  lastError: string | null;
}

/** A delivery to send now. */
export interface ClaimedDelivery {
  delivery: Delivery & { firstAttemptAt: number };
  webhook: Webhook;
  /** The event, or undefined if it was pruned from the change log. */
  change: Change | undefined;
}

/** The first failed attempt of a webhook, or the first success after failures. */
export type WebhookHealthChange = 'failing' | 'recovered';

export interface DeliveryAttemptResult {
  /** `pending` if it will be retried. */
  state: DeliveryState;
  status: number | null;
  error: string | null;
  /** Null unless it is pending. */
  nextAttemptAt: number | null;
  /** Null if nothing was sent. */
  attempt: SentAttempt | null;
}

/** An attempt that sent the event. */
export interface SentAttempt {
  /** Its start, in milliseconds since the epoch. */
  at: number;
  durationMs: number;
  /** The start of the response body, as text, or null. It is not stored if the user does not exist any more. */
  response: string | null;
  /** The owner of the event's values, or null. */
  userId: number | null;
}

/** An attempt as it is stored with its delivery. */
export interface Attempt extends Omit<SentAttempt, 'userId'> {
  /** The HTTP status of the response, or null. */
  status: number | null;
  /** Why it failed, or null. */
  error: string | null;
}

/** The number of attempts that are kept for a delivery: the latest ones. */
export const MAX_ATTEMPTS_KEPT = 20;

export interface DeliveryDetails {
  delivery: Delivery;
  attempts: Attempt[];
}

export interface DeliveryFilter {
  webhookId: number;
  state?: DeliveryState;
}

export type DeliveryQuery = ListQuery<DeliveryFilter, 'deliveryId'>;

/** The queue of deliveries. */
export interface DeliveryRepository {
  /**
   * Adds a test event to the change log, and a delivery of it to this webhook only. It waits for no other delivery.
   * Undefined if there is no such webhook.
   */
  test(webhookId: number, options: ActorOptions): Promise<Delivery | undefined>;
  /**
   * Enqueues deliveries for a batch of new entries of the change log. If several processes do this at once, each event
   * gets one delivery a webhook. False if no entries are left, or another process is doing this now.
   */
  enqueue(): Promise<boolean>;
  /** The ids of the enabled webhooks with deliveries that are due. */
  dueWebhooks(): Promise<number[]>;
  /**
   * Claims due deliveries of an enabled webhook for `leaseMs` milliseconds: no other process gets them until then, or
   * until {@link recordAttempt}. Deliveries of one resource are claimed one after another, in order.
   */
  claim(webhookId: number, limit: number, leaseMs: number): Promise<ClaimedDelivery[]>;
  /**
   * Records the result of an attempt. Once a delivery is not pending any more, the next one of the same resource is due.
   * Does nothing if the lease has ended and the delivery was claimed again.
   *
   * @returns how the webhook's health changed, once across all processes; undefined if it did not.
   */
  recordAttempt(
    delivery: Pick<Delivery, 'deliveryId' | 'attempts'>,
    result: DeliveryAttemptResult,
  ): Promise<WebhookHealthChange | undefined>;
  /** One page of the deliveries of a webhook, read from one snapshot. */
  list(query: DeliveryQuery): Promise<Page<Delivery>>;
  /** A delivery with its latest attempts, newest last. Undefined if the webhook has no such delivery. */
  get(webhookId: number, deliveryId: number): Promise<DeliveryDetails | undefined>;
  /** Makes a delivery due now, whatever its state. Undefined if the webhook has no such delivery. */
  resend(webhookId: number, deliveryId: number): Promise<Delivery | undefined>;
  /** Prunes a batch of deliveries of events older than a time (milliseconds since the epoch). False if there was none. */
  prune(before: number): Promise<boolean>;
}
