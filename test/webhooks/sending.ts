import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Store } from '../../src/domain/store.ts';
import { WebhookDispatcher, type WebhookDispatcherOptions } from '../../src/webhooks/dispatcher.ts';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { createWebhookTransport } from '../../src/webhooks/transport.ts';
import { TEST_KEY, type TestApp, testApp } from '../support/app.ts';

export interface SendingApp extends TestApp {
  sender: WebhookDispatcher;
  /** Sends until nothing is left that has its time. */
  sendAll: () => Promise<void>;
  /** Turns the clock in steps, and sends after each. */
  turn: (milliseconds: number, step?: number) => Promise<void>;
  /** Creates a webhook; its id and secret. */
  hook: (url: string, events?: string[]) => Promise<{ webhookId: number; secret: string }>;
  deliveries: (webhookId: number, query?: string) => Promise<Record<string, unknown>[]>;
}

/** The receiver's port is another one in each run. */
export const PORTS = { responsesDiffer: 'a receiver has another port in each run' };

export const ALL_EVENTS = [
  ...['user.created', 'user.updated', 'user.deleted'],
  ...['task.created', 'task.updated', 'task.completed', 'task.deleted'],
];

/** A dispatcher, as another process has it. It does nothing until `sendAll`. */
export function newDispatcher(
  store: Store,
  clock: () => number,
  more: Partial<WebhookDispatcherOptions> = {},
): WebhookDispatcher {
  const logger = { warn: () => undefined, info: () => undefined };
  const transport = createWebhookTransport({ isAllowed: () => true });
  return new WebhookDispatcher({
    store,
    secretBox: new SecretBox(TEST_KEY),
    transport,
    clock,
    random: () => 0,
    logger,
    ...more,
  });
}

/** Sends until nothing is left that has its time. */
export async function sendAll(...senders: WebhookDispatcher[]): Promise<void> {
  for (let begun = 1; begun > 0; ) {
    begun = 0;
    for (const sender of senders) begun += await sender.runOnce();
    for (const sender of senders) await sender.idle();
  }
}

/** An application with a sender, both on the clock that the test turns. */
export async function sendingApp(t: TestContext, more: Partial<WebhookDispatcherOptions> = {}): Promise<SendingApp> {
  const app = await testApp(t, { allowPrivateWebhooks: true });
  const sender = newDispatcher(app.store, () => app.clock.now, more);
  return {
    ...app,
    sender,
    sendAll: () => sendAll(sender),
    async turn(milliseconds, step = milliseconds) {
      for (const end = app.clock.now + milliseconds; app.clock.now < end; ) {
        app.clock.now = Math.min(end, app.clock.now + step);
        await sendAll(sender);
      }
    },
    async hook(url, events = ALL_EVENTS) {
      const created = await app.post('/webhooks', { url, events });
      assert.equal(created.statusCode, 201, created.body);
      return created.json();
    },
    async deliveries(webhookId, query = '_perPage=100') {
      const listed = await app.request({ url: `/webhooks/${webhookId}/deliveries?${query}` });
      assert.equal(listed.statusCode, 200, listed.body);
      return listed.json().deliveries;
    },
  };
}

/** A delivery with its attempts. */
export async function readDelivery(app: SendingApp, webhookId: number, deliveryId = 1) {
  const response = await app.request({ url: `/webhooks/${webhookId}/deliveries/${deliveryId}` });
  assert.equal(response.statusCode, 200, response.body);
  return response.json();
}
