import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { StoreUnavailable } from '../../src/domain/outcomes.ts';
import type { Store } from '../../src/domain/store.ts';
import type { DeliveryRepository } from '../../src/domain/webhooks.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from './receiver.ts';
import { newDispatcher, sendingApp } from './sending.ts';

const METHODS: (keyof DeliveryRepository)[] = ['enqueue', 'dueWebhooks', 'claim', 'recordAttempt'];

/** The store, whose deliveries are unavailable while `isDown` returns true. */
function failing(store: Store, isDown: () => boolean): Store {
  const deliveries = new Proxy(store.deliveries, {
    get(target, name: keyof DeliveryRepository) {
      if (METHODS.includes(name) && isDown()) return () => Promise.reject(new StoreUnavailable('the database is down'));
      return (target[name] as (...args: unknown[]) => unknown).bind(target);
    },
  });
  return { ...store, deliveries };
}

for (const during of ['polls', 'attempts'] as const) {
  test(`an outage of the database during ${during} is logged once, and so is its end`, async (t) => {
    const log: string[] = [];
    const record = (_: unknown, message?: string) => log.push(message ?? String(_));
    const app = await sendingApp(t);
    let down = during === 'polls';
    let failures = 0;
    const { url, received } = await startReceiver(t, () => {
      if (received.length === 1 && during === 'attempts') down = true;
      return 204;
    });
    const { webhookId } = await app.hook(url);
    for (let n = 0; n < 8; n++) await app.post('/users', { ...JOHN, contactEmail: `john${n}@example.com` });
    const store = failing(app.store, () => {
      if (down) failures++;
      return down;
    });
    const dispatcher = newDispatcher(store, () => app.clock.now, { logger: { info: record, warn: record } });
    t.after(() => dispatcher.stop());
    dispatcher.start();
    // The results of the 8 attempts, or one failure for each poll.
    await waitFor(() => failures >= (during === 'polls' ? 3 : 10), {
      message: 'the dispatcher retries during the outage',
    });
    down = false;
    const isDelivered = async () => (await app.deliveries(webhookId, 'state=delivered')).length === 8;
    await waitFor(isDelivered, { message: 'all events are delivered' });
    await dispatcher.stop();
    // Those whose result could not be recorded are not sent again.
    assert.equal(received.length, 8);
    assert.deepEqual(log, ['webhook dispatch failed; will retry', 'webhook dispatch recovered']);
  });
}

test('attempts that end make room for others without waiting for the next poll', async (t) => {
  const app = await sendingApp(t);
  const { url, received } = await startReceiver(t);
  await app.hook(url);
  for (let n = 0; n < 50; n++) await app.post('/users', { ...JOHN, contactEmail: `john${n}@example.com` });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  app.sender.start();
  // The timers stand still, so only the end of an attempt can start the next one.
  while (received.length < 50) await setImmediate();
  const stopped = app.sender.stop();
  t.mock.timers.reset();
  await stopped;
});
