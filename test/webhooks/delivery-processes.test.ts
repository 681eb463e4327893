import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { byResource, startReceiver } from './receiver.ts';
import { newDispatcher, PORTS, sendAll, sendingApp } from './sending.ts';

const SECOND = 1_000;

const jane = (n: number) => ({ ...JOHN, firstName: `Jane ${n}`, contactEmail: `jane${n}@example.com` });

testOnBothDatabases('several processes share deliveries and send none twice', PORTS, async (t) => {
  const app = await sendingApp(t);
  const { url, received } = await startReceiver(t);
  await app.hook(url);
  const senders = Array.from({ length: 4 }, () => newDispatcher(app.store, () => app.clock.now));
  for (let n = 1; n <= 30; n++) await app.post('/users', jane(n));
  for (let n = 1; n <= 30; n++) await app.patch(`/users/${n}`, { firstName: 'X' });
  const run = async (sender: (typeof senders)[number]) => {
    while (received.length < 60) {
      await sender.runOnce();
      await sender.idle();
      await setImmediate();
    }
  };
  await Promise.all(senders.map(run));
  await sendAll(...senders);
  assert.equal(received.length, 60);
  for (const all of byResource(received).values())
    assert.deepEqual(
      all,
      all.toSorted((a, b) => a - b),
    );
});

testOnBothDatabases(
  'a delivery claimed by a process that ended is retried after its lease, with the same id',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    const { url, received } = await startReceiver(t);
    const { webhookId } = await app.hook(url);
    await app.post('/users', JOHN);
    while (await app.store.deliveries.enqueue());
    // As one does that is killed before it notes how it went.
    const [taken] = await app.store.deliveries.claim(webhookId, 8, 30 * SECOND);
    await app.turn(30 * SECOND - 1);
    assert.equal(received.length, 0);
    await app.turn(1);
    assert.equal(received.length, 1);
    // It was not dead after all, only slow: what it says comes too late.
    assert.ok(taken);
    const late = { state: 'failed' as const, status: 500, error: 'late', nextAttemptAt: null, attempt: null };
    await app.store.deliveries.recordAttempt(taken.delivery, late);
    const [delivery] = await app.deliveries(webhookId);
    assert.deepEqual([delivery?.state, delivery?.attempts], ['delivered', 2]);
  },
);
