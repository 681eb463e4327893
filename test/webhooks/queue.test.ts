import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Store } from '../../src/domain/store.ts';
import type { NewUser } from '../../src/domain/users.ts';
import type { Delivery, NewWebhook } from '../../src/domain/webhooks.ts';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { TEST_KEY } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { newDatabase } from '../support/stores.ts';
import { byResource, startReceiver } from './receiver.ts';
import { newDispatcher, sendAll } from './sending.ts';

const HOUR = 3_600_000;
/** How many users are changed at the same time, and how often each. */
const USERS = 20;
const CHANGES = 40;

const webhook = (more: Partial<NewWebhook> = {}): NewWebhook => ({
  ...{ url: 'https://example.com/', events: ['user.created', 'user.updated'], description: null, enabled: true },
  ...{ secret: new SecretBox(TEST_KEY).encrypt('whsec_c2VjcmV0'), ...more },
});

function newUser(n: number): NewUser {
  const contactEmail = `user${n}@example.com`;
  return { firstName: 'John', lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
}

async function allDeliveries(store: Store, webhookId: number): Promise<Delivery[]> {
  const sort = [{ field: 'deliveryId' as const, descending: false }];
  return (
    await store.deliveries.list({ filter: { webhookId }, sort, from: { offset: 0 }, limit: 100_000, count: false })
  ).items;
}

testOnBothDatabases(
  'with concurrent writers and dispatchers, each event after a webhook has one delivery',
  async (t) => {
    const { open } = await newDatabase(t, () => 1_700_000_000_000);
    const stores = Array.from({ length: 4 }, () => open());
    const [first, second] = stores as [Store, Store];
    let started = 0;
    let writing = true;
    const hooks: number[] = [];
    const write = async (store: Store) => {
      while (started < 400) {
        const n = started++;
        const { userId } = created(await store.users.create(newUser(n), ACTOR));
        if (n % 3 === 0) await store.users.update(userId, { firstName: `J${n}` }, ACTOR);
        if (n % 100 === 50) hooks.push(created(await store.webhooks.create(webhook(), ACTOR)).webhookId);
      }
    };
    const queue = async (store: Store) => {
      while (writing) {
        await store.deliveries.enqueue();
        await setImmediate();
      }
    };
    const queueing = Promise.all(stores.map(queue));
    await Promise.all(Array.from({ length: 16 }, (_, i) => write(i % 2 === 0 ? first : second)));
    writing = false;
    await queueing;
    while (await first.deliveries.enqueue());

    const sort = [{ field: 'sequence' as const, descending: false }];
    const changes = (await first.changes.list({ filter: {}, sort, from: { offset: 0 }, limit: 10_000, count: false }))
      .items;
    assert.equal(hooks.length, 4);
    for (const webhookId of hooks) {
      const begin = changes.find(({ type, after }) => type === 'webhook.created' && after?.webhookId === webhookId);
      const wanted = changes.filter(
        ({ type, sequence }) => type.startsWith('user.') && sequence > (begin?.sequence ?? 0),
      );
      const made = (await allDeliveries(first, webhookId)).map(({ sequence }) => sequence);
      assert.deepEqual(
        made.toSorted((a, b) => a - b),
        wanted.map(({ sequence }) => sequence),
      );
    }
  },
);

testOnBothDatabases(
  'no delivery stays pending while events of the same users arrive',
  { responsesDiffer: 'ports' },
  async (t) => {
    const clock = () => 1_700_000_000_000;
    const { open } = await newDatabase(t, clock);
    const stores = Array.from({ length: 3 }, () => open());
    const [store] = stores as [Store];
    const { url, received } = await startReceiver(t);
    const { webhookId } = created(await store.webhooks.create(webhook({ url }), ACTOR));
    const users: number[] = [];
    for (let n = 0; n < USERS; n++) users.push(created(await store.users.create(newUser(n), ACTOR)).userId);
    const senders = stores.map((one) => newDispatcher(one, clock));
    let writing = true;
    const send = async (sender: (typeof senders)[number]) => {
      while (writing) {
        await sender.runOnce();
        await setImmediate();
      }
      await sender.idle();
    };
    const sending = Promise.all(senders.map(send));
    const change = async (userId: number) => {
      for (let n = 0; n < CHANGES; n++) await store.users.update(userId, { firstName: `J${n}` }, ACTOR);
    };
    await Promise.all(users.map(change));
    writing = false;
    await sending;
    await sendAll(...senders);
    const deliveries = await allDeliveries(store, webhookId);
    assert.deepEqual(
      deliveries.map(({ state, attempts }) => `${state} ${attempts}`),
      Array.from({ length: USERS * (1 + CHANGES) }, () => 'delivered 1'),
    );
    for (const all of byResource(received).values()) {
      assert.deepEqual(
        all,
        all.toSorted((a, b) => a - b),
      );
    }
  },
);

testOnBothDatabases(
  'a consumer that was stopped for longer than the retention continues with the entries left',
  async (t) => {
    const clock = { now: 1_700_000_000_000 };
    const { open } = await newDatabase(t, () => clock.now);
    const store = open();
    const { webhookId } = created(await store.webhooks.create(webhook(), ACTOR));
    await store.users.create(newUser(1), ACTOR);
    await store.users.create(newUser(2), ACTOR);
    clock.now += HOUR;
    await store.users.create(newUser(3), ACTOR);
    while (await store.changes.prune(clock.now));
    for (let round = 0; await store.deliveries.enqueue(); round++) assert.ok(round < 10);
    assert.equal((await allDeliveries(store, webhookId)).length, 1);
  },
);

testOnBothDatabases('without webhooks nothing is written, and a first webhook gets no earlier events', async (t) => {
  const { open } = await newDatabase(t, () => 1_700_000_000_000);
  const store = open();
  await store.users.create(newUser(1), ACTOR);
  assert.equal(await store.deliveries.enqueue(), false);
  const { webhookId } = created(await store.webhooks.create(webhook({ events: ['user.created'] }), ACTOR));
  const { userId } = created(await store.users.create(newUser(2), ACTOR));
  await store.users.update(userId, { firstName: 'Jim' }, ACTOR);
  while (await store.deliveries.enqueue());
  const [one, ...more] = await allDeliveries(store, webhookId);
  assert.deepEqual([one?.type, more], ['user.created', []]);
  await store.webhooks.delete(webhookId, ACTOR);
  await store.users.create(newUser(3), ACTOR);
  assert.equal(await store.deliveries.enqueue(), false);
  assert.deepEqual(await store.deliveries.dueWebhooks(), []);
  assert.deepEqual(await store.deliveries.claim(webhookId, 8, 1_000), []);
});
