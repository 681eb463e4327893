import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { Webhook as Verifier } from 'standardwebhooks';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { createWebhookTransport } from '../../src/webhooks/transport.ts';
import { engineOf, testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';
import { byResource, startReceiver } from './receiver.ts';
import { newDispatcher, PORTS, sendAll, sendingApp } from './sending.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1024);
}

const jane = (n: number) => ({ ...JOHN, firstName: `Jane ${n}`, contactEmail: `jane${n}@example.com` });

testOnBothDatabases('events after the creation of a webhook are delivered to it, signed', PORTS, async (t) => {
  const app = await sendingApp(t);
  const { url, received } = await startReceiver(t);
  await app.post('/users', JOHN);
  const { webhookId, secret } = await app.hook(`${url}/all`);
  await app.hook(`${url}/deleted`, ['user.deleted']);
  await app.patch('/users/1', { firstName: 'Jim' });
  await app.post('/tasks', REPORT);
  await app.patch('/tasks/1', { taskStatus: 'COMPLETED' });
  await app.sendAll();
  const all = received.filter(({ path }) => path === '/all');
  assert.deepEqual(
    all.map(({ event }) => event.type).sort(),
    ['task.completed', 'task.created', 'user.updated'],
    'not what was before the webhook',
  );
  assert.equal(received.length, all.length);
  const updated = all.find(({ event }) => event.type === 'user.updated');
  assert.ok(updated);
  assert.deepEqual(updated.event.data, { userId: 1, ...JOHN, firstName: 'Jim' });
  assert.deepEqual(Object.keys(updated.event), ['type', 'timestamp', 'data', 'sequence']);
  assert.equal(updated.headers['content-type'], 'application/json');
  for (const { headers, body } of all) {
    // The verifier goes by the system's clock, and would find it too old.
    const timestamp = new Date(Number(headers['webhook-timestamp']) * 1000);
    assert.equal(timestamp.getTime(), app.clock.now);
    const expected = new Verifier(secret).sign(String(headers['webhook-id']), timestamp, body);
    assert.equal(headers['webhook-signature'], expected);
  }
  assert.equal(new Set(all.map(({ headers }) => headers['webhook-id'])).size, 3);
  const deliveries = await app.deliveries(webhookId);
  assert.deepEqual(
    deliveries.map(({ state, attempts, lastStatus }) => [state, attempts, lastStatus]),
    Array.from({ length: 3 }, () => ['delivered', 1, 204]),
  );
  await app.request({ method: 'DELETE', url: '/users/1' });
  await app.sendAll();
  const [toDeleted] = received.filter(({ path }) => path === '/deleted');
  assert.deepEqual(toDeleted?.event.data, { userId: 1 });
});

testOnBothDatabases('the library standardwebhooks verifies deliveries', PORTS, async (t) => {
  const app = await sendingApp(t);
  app.clock.now = Date.now();
  const { url, received } = await startReceiver(t);
  const { secret } = await app.hook(url);
  await app.post('/users', JOHN);
  await app.sendAll();
  const [one] = received;
  assert.ok(one);
  const verified = new Verifier(secret).verify(one.body, one.headers as Record<string, string>);
  assert.deepEqual(verified, one.event);
  const forged = one.body.replace('John', 'Jack');
  assert.throws(() => new Verifier(secret).verify(forged, one.headers as Record<string, string>));

  const rotated = await app.request({ method: 'POST', url: '/webhooks/1/rotate' });
  await app.patch('/users/1', { firstName: 'Jim' });
  await app.sendAll();
  const [, two] = received;
  assert.ok(two);
  for (const either of [secret, rotated.json().secret]) {
    assert.deepEqual(new Verifier(either).verify(two.body, two.headers as Record<string, string>), two.event);
  }
});

testOnBothDatabases(
  'a receiver that fails for an hour gets every event, in order per resource, each with one id',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    let failing = true;
    const accepted: typeof received = [];
    const { url, received } = await startReceiver(t, (one) => {
      if (failing) return 503;
      accepted.push(one);
      return 200;
    });
    await app.hook(url);
    const start = app.clock.now;
    for (let n = 1; n <= 4; n++) await app.post('/users', jane(n));
    for (let minute = 0; minute < 60; minute++) {
      if (minute % 10 === 0) {
        for (let n = 1; n <= 4; n++) await app.patch(`/users/${n}`, { firstName: `Minute ${minute}` });
      }
      await app.turn(MINUTE);
    }
    assert.equal(accepted.length, 0);
    assert.equal(received.length >= 4 * 5, true);
    for (const { event } of received) assert.equal(event.type, 'user.created', 'nothing overtakes the first');
    failing = false;
    await app.turn(2 * HOUR, 5 * MINUTE);
    const sequences = byResource(accepted);
    assert.equal(sequences.size, 4);
    for (const [resource, all] of sequences) {
      assert.equal(all.length, 7, resource);
      assert.deepEqual(
        all,
        all.toSorted((a, b) => a - b),
        resource,
      );
    }
    const ids = Map.groupBy(received, ({ headers }) => headers['webhook-id']);
    assert.equal(ids.size, 28);
    for (const same of ids.values()) assert.equal(new Set(same.map(({ event }) => event.sequence)).size, 1);
    assert.ok(app.clock.now - start < 4 * HOUR);
  },
);

testOnBothDatabases(
  'a delivery fails for good after three days; later events are delivered; it can be redelivered',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    let rejects = 'user.created';
    const { url, received } = await startReceiver(t, ({ event }) => (event.type === rejects ? 500 : 200));
    const { webhookId } = await app.hook(url);
    await app.post('/users', JOHN);
    await app.patch('/users/1', { firstName: 'Jim' });
    await app.sendAll();
    const attempts = [received.length];
    const times: number[] = [];
    for (const pause of [
      5 * SECOND,
      30 * SECOND,
      2 * MINUTE,
      10 * MINUTE,
      30 * MINUTE,
      HOUR,
      3 * HOUR,
      6 * HOUR,
      6 * HOUR,
    ]) {
      await app.turn(pause - 1);
      times.push(received.length);
      await app.turn(1);
      attempts.push(received.length);
    }
    assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(times, attempts.slice(0, -1), 'not a millisecond early');
    const [first, second] = await app.deliveries(webhookId);
    assert.deepEqual(
      [first?.state, first?.lastStatus, first?.lastError],
      ['pending', 500, 'the receiver responded with 500'],
    );
    assert.deepEqual([second?.state, second?.attempts, second?.nextAttemptAt], ['pending', 0, undefined]);
    await app.turn(3 * 24 * HOUR, HOUR);
    assert.deepEqual(
      (await app.deliveries(webhookId)).map(({ state }) => state),
      ['failed', 'delivered'],
    );
    assert.deepEqual(await app.deliveries(webhookId, 'state=failed&_sort=-deliveryId'), [
      (await app.deliveries(webhookId))[0],
    ]);
    assert.equal(received.at(-1)?.event.type, 'user.updated');

    rejects = '';
    const path = `/webhooks/${webhookId}/deliveries`;
    const again = await app.request({ method: 'POST', url: `${path}/${first?.deliveryId}/redeliver` });
    assert.equal(again.statusCode, 202);
    assert.deepEqual([again.json().state, again.json().attempts], ['pending', 0]);
    await app.sendAll();
    assert.equal(received.at(-1)?.headers['webhook-id'], received[0]?.headers['webhook-id']);
    assert.deepEqual(
      (await app.deliveries(webhookId)).map(({ state }) => state),
      ['delivered', 'delivered'],
    );
    assert.equal((await app.request({ method: 'POST', url: `${path}/999/redeliver` })).statusCode, 404);
    assert.equal((await app.request({ method: 'POST', url: '/webhooks/999/deliveries/1/redeliver' })).statusCode, 404);
  },
);

testOnBothDatabases('an unresponsive receiver does not delay others', PORTS, async (t) => {
  const app = await sendingApp(t);
  const dead = await startReceiver(t, () => undefined);
  const alive = await startReceiver(t);
  await app.hook(dead.url);
  await app.hook(alive.url);
  for (let n = 1; n <= 20; n++) await app.post('/users', jane(n));
  const allSent = async () => {
    await app.sender.runOnce();
    return alive.received.length === 20;
  };
  await waitFor(allSent, { message: 'the other receiver gets fewer than 20 requests' });
  assert.equal(dead.received.length, 8, 'so many at a time');
  dead.server.closeAllConnections();
  await app.sender.idle();
  await app.sender.runOnce();
  await waitFor(() => dead.received.length === 9, { message: 'no further attempt is made' });
  assert.equal(await app.sender.runOnce(), 0, 'one at a time while it fails');
  dead.server.closeAllConnections();
  await app.sender.idle();
});

testOnBothDatabases('pending events of a deleted user are delivered with ids only', PORTS, async (t) => {
  const app = await sendingApp(t);
  let failing = true;
  const { url, received } = await startReceiver(t, () => (failing ? 500 : 200));
  await app.hook(url);
  await app.post('/users', JOHN);
  await app.sendAll();
  await app.request({ method: 'DELETE', url: '/users/1' });
  failing = false;
  await app.turn(MINUTE);
  assert.deepEqual(
    received.slice(1).map(({ event }) => [event.type, event.data]),
    [
      ['user.created', { userId: 1 }],
      ['user.deleted', { userId: 1 }],
    ],
  );
  if (engineOf(t) === 'sqlite') {
    const db = new DatabaseSync(app.file, { readOnly: true });
    const rows = JSON.stringify(db.prepare('SELECT * FROM webhook_deliveries').all());
    db.close();
    for (const value of Object.values(JOHN)) assert.ok(!rows.includes(value), 'deliveries hold ids only');
  }
});

testOnBothDatabases('a disabled webhook gets its events when it is enabled; a 410 disables it', PORTS, async (t) => {
  const app = await sendingApp(t);
  let status = 410;
  const { url, received } = await startReceiver(t, () => status);
  const { webhookId } = await app.hook(url);
  await app.post('/users', JOHN);
  await app.sendAll();
  const webhook = (await app.request({ url: `/webhooks/${webhookId}` })).json();
  assert.equal(webhook.enabled, false);
  const [change] = (await app.request({ url: '/audit?_sort=-sequence&_perPage=1' })).json().audit;
  assert.deepEqual([change.type, change.actor, change.before], ['webhook.updated', 'service', { enabled: true }]);
  await app.patch('/users/1', { firstName: 'Jim' });
  await app.turn(HOUR);
  assert.equal(received.length, 1);
  status = 200;
  await app.patch(`/webhooks/${webhookId}`, { enabled: true });
  await app.sendAll();
  assert.deepEqual(
    received.map(({ event }) => event.type),
    ['user.created', 'user.created', 'user.updated'],
  );
});

testOnBothDatabases(
  'a deleted webhook gets no events, and with another secret key nothing is delivered',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    const { url, received } = await startReceiver(t);
    const { webhookId } = await app.hook(url);
    await app.post('/users', JOHN);
    await app.sender.runOnce();
    await app.sender.idle();
    await app.patch('/users/1', { firstName: 'Jim' });
    while (await app.store.deliveries.enqueue());
    const other = newDispatcher(app.store, () => app.clock.now, { secretBox: new SecretBox(Buffer.alloc(32, 8)) });
    await sendAll(other);
    const [, second] = await app.deliveries(webhookId);
    assert.match(String(second?.lastError), /was encrypted with another SECRET_KEY/);
    await app.request({ method: 'DELETE', url: `/webhooks/${webhookId}` });
    await app.turn(HOUR);
    assert.equal(received.length, 1);
    assert.equal((await app.request({ url: `/webhooks/${webhookId}/deliveries` })).statusCode, 404);
  },
);

testOnBothDatabases(
  'a redirect is a failure and is not followed; the status counts even if the response never ends',
  PORTS,
  async (t) => {
    const app = await sendingApp(t, { transport: createWebhookTransport({ isAllowed: () => true, timeoutMs: 1_500 }) });
    const { url, received } = await startReceiver(t, ({ path }, response) => {
      if (path === '/silent') return undefined;
      if (path === '/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
      else Readable.from(endless()).pipe(response);
      return undefined;
    });
    const ids: number[] = [];
    for (const path of ['redirect', 'endless', 'silent']) ids.push((await app.hook(`${url}/${path}`)).webhookId);
    await app.post('/users', JOHN);
    await app.sendAll();
    const outcomes = await Promise.all(ids.map(async (id) => (await app.deliveries(id))[0]));
    assert.deepEqual(
      outcomes.map((one) => [one?.state, one?.lastStatus, one?.lastError]),
      [
        ['pending', 302, 'the receiver responded with 302'],
        ['delivered', 200, undefined],
        ['pending', undefined, 'no response within 1.5 seconds'],
      ],
    );
    assert.ok(received.every(({ path }) => path !== '/elsewhere'));
  },
);
