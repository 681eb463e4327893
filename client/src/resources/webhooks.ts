import type { Http } from '../http.ts';
import { get, type IfChanged, List, type Page } from '../lists.ts';
import type { ChangeOptions, CreateOptions, PageOptions, ReadOptions, RequestOptions } from '../options.ts';
import type { ApiPromise } from '../response.ts';
import type {
  CreatedWebhook,
  Delivery,
  DeliveryDetails,
  ListDeliveriesQuery,
  ListWebhooksQuery,
  NewWebhook,
  RotatedWebhook,
  Webhook,
  WebhookChanges,
} from '../types.ts';
import { create, postOnce, remove, update } from '../writes.ts';

/** `api.webhooks`, for administrators. */
export class Webhooks {
  readonly #http: Http;
  readonly #list: List<Webhook, ListWebhooksQuery>;

  constructor(http: Http) {
    this.#http = http;
    this.#list = new List(http, '/webhooks', 'webhooks');
  }

  /**
   * Creates a webhook. If `secret` is missing in the result, the first response was lost: rotate the secret.
   */
  create(webhook: NewWebhook, options?: CreateOptions): ApiPromise<CreatedWebhook> {
    return create(this.#http, '/webhooks', webhook, options);
  }

  list(query?: Omit<ListWebhooksQuery, 'page'>, options?: RequestOptions): AsyncGenerator<Webhook, void, undefined> {
    return this.#list.all(query, options);
  }

  listPage<O extends PageOptions>(query?: ListWebhooksQuery, options?: O): ApiPromise<IfChanged<Page<Webhook>, O>> {
    return this.#list.page(query, options);
  }

  get<O extends ReadOptions>(webhookId: number, options?: O): ApiPromise<IfChanged<Webhook, O>> {
    return get(this.#http, `/webhooks/${webhookId}`, options);
  }

  update(webhookId: number, changes: WebhookChanges, options?: ChangeOptions): ApiPromise<Webhook> {
    return update(this.#http, `/webhooks/${webhookId}`, changes, options);
  }

  delete(webhookId: number, options?: ChangeOptions): ApiPromise<void> {
    return remove(this.#http, `/webhooks/${webhookId}`, options);
  }

  /** Makes a new secret. Deliveries have signatures with both secrets for 24 hours. */
  rotate(webhookId: number, options?: RequestOptions): ApiPromise<RotatedWebhook> {
    return postOnce(this.#http, `/webhooks/${webhookId}/rotate`, options);
  }

  /** Sends a test event. */
  test(webhookId: number, options?: RequestOptions): ApiPromise<Delivery> {
    return postOnce(this.#http, `/webhooks/${webhookId}/test`, options);
  }

  /** The deliveries of a webhook, oldest first. */
  deliveries(
    webhookId: number,
    query?: Omit<ListDeliveriesQuery, 'page'>,
    options?: RequestOptions,
  ): AsyncGenerator<Delivery, void, undefined> {
    return this.#deliveriesOf(webhookId).all(query, options);
  }

  deliveriesPage<O extends PageOptions>(
    webhookId: number,
    query?: ListDeliveriesQuery,
    options?: O,
  ): ApiPromise<IfChanged<Page<Delivery>, O>> {
    return this.#deliveriesOf(webhookId).page(query, options);
  }

  /** A delivery with its last attempts. */
  getDelivery<O extends ReadOptions>(
    webhookId: number,
    deliveryId: number,
    options?: O,
  ): ApiPromise<IfChanged<DeliveryDetails, O>> {
    return get(this.#http, `/webhooks/${webhookId}/deliveries/${deliveryId}`, options);
  }

  /** Sends a delivery again, whatever its state. */
  redeliver(webhookId: number, deliveryId: number, options?: RequestOptions): ApiPromise<Delivery> {
    return postOnce(this.#http, `/webhooks/${webhookId}/deliveries/${deliveryId}/redeliver`, options);
  }

  #deliveriesOf(webhookId: number): List<Delivery, ListDeliveriesQuery> {
    return new List(this.#http, `/webhooks/${webhookId}/deliveries`, 'deliveries');
  }
}
