import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { startReceiver } from './receiver.ts';
import { PORTS, sendingApp } from './sending.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

testOnBothDatabases('old deliveries are pruned, and those behind them are sent', PORTS, async (t) => {
  const app = await sendingApp(t);
  let status = 500;
  const { url, received } = await startReceiver(t, () => status);
  const { webhookId } = await app.hook(url);
  await app.post('/users', JOHN);
  await app.sendAll();
  app.clock.now += HOUR;
  await app.patch('/users/1', { firstName: 'Jim' });
  while (await app.store.deliveries.enqueue());
  while (await app.store.deliveries.prune(app.clock.now));
  const left = await app.deliveries(webhookId);
  assert.deepEqual(
    left.map(({ type, state }) => [type, state]),
    [['user.updated', 'pending']],
  );
  while (await app.store.changes.prune(app.clock.now));
  status = 200;
  await app.sendAll();
  assert.equal(received.at(-1)?.event.type, 'user.updated');
});

testOnBothDatabases('a delivery whose event was pruned fails', PORTS, async (t) => {
  const app = await sendingApp(t);
  const { url, received } = await startReceiver(t);
  const { webhookId } = await app.hook(url);
  await app.post('/users', JOHN);
  await app.patch('/users/1', { firstName: 'Jim' });
  while (await app.store.deliveries.enqueue());
  app.clock.now += HOUR;
  while (await app.store.changes.prune(app.clock.now));
  await app.sendAll();
  const [first] = await app.deliveries(webhookId);
  assert.deepEqual([first?.state, first?.lastError], ['failed', 'the event is no longer kept']);
  // The newest entry of the change log is never removed.
  assert.deepEqual(
    received.map(({ event }) => event.type),
    ['user.updated'],
  );
});
