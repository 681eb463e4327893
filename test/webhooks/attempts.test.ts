import assert from 'node:assert/strict';
import { MAX_ATTEMPTS_KEPT } from '../../src/domain/webhooks.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from './receiver.ts';
import { PORTS, readDelivery, type SendingApp, sendingApp } from './sending.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Whether no row of a table, on either database, meets a condition. */
async function isEmpty({ sql }: SendingApp, rows: string): Promise<boolean> {
  await sql('CREATE TABLE row_count (n INTEGER CHECK (n = 0))');
  const empty = await sql(`INSERT INTO row_count SELECT count(*) FROM ${rows}`).then(
    () => true,
    () => false,
  );
  await sql('DROP TABLE row_count');
  return empty;
}

testOnBothDatabases('each attempt is kept with its status and the beginning of its response', PORTS, async (t) => {
  const app = await sendingApp(t);
  const long = Buffer.concat([Buffer.from('a'.repeat(1022)), Buffer.from('é€'.repeat(2_000))]);
  const bodies = [
    [500, Buffer.from('  <h1>Internal\r\n\u0000\tError\u001b[31m</h1>\u202e\n')],
    [502, Buffer.from([0xff, 0x41, 0xc3])],
    [503, long],
    [200, Buffer.alloc(0)],
  ] as [number, Buffer][];
  const { url } = await startReceiver(t, (_, response) => {
    const [status, body] = bodies.shift() as [number, Buffer];
    setTimeout(() => response.writeHead(status).end(body), 1);
    return undefined;
  });
  const { webhookId } = await app.hook(url);
  await app.post('/users', JOHN);
  const start = app.clock.now;
  await app.sendAll();
  for (const pause of [5, 30, 120]) await app.turn(pause * SECOND);
  const { lastAttempts, ...delivery } = await readDelivery(app, webhookId);
  assert.deepEqual(delivery, (await app.deliveries(webhookId))[0]);
  const at = (seconds: number) => new Date(start + seconds * SECOND).toISOString();
  const failed = (status: number) => ({ durationMs: 0, status, error: `the receiver responded with ${status}` });
  assert.deepEqual(lastAttempts, [
    { at: at(0), ...failed(500), response: '<h1>Internal Error [31m</h1>' },
    { at: at(5), ...failed(502), response: '\ufffdA' },
    { at: at(35), ...failed(503), response: `${'a'.repeat(1022)}é` },
    { at: at(155), durationMs: 0, status: 200 },
  ]);
  const { headers } = await app.request({ url: `/webhooks/${webhookId}/deliveries/1` });
  assert.match(String(headers.etag), /^"/);
  assert.equal((await app.request({ url: `/webhooks/${webhookId}/deliveries/99` })).statusCode, 404);
  assert.equal((await app.request({ url: '/webhooks/99/deliveries/1' })).statusCode, 404);
});

testOnBothDatabases('an attempt without a response is kept with its error', PORTS, async (t) => {
  const app = await sendingApp(t);
  const { url } = await startReceiver(t, (_, response) => {
    app.clock.now += 7;
    response.destroy();
    return undefined;
  });
  const { webhookId } = await app.hook(url);
  await app.post('/users', JOHN);
  await app.sendAll();
  const [attempt, ...more] = (await readDelivery(app, webhookId)).lastAttempts;
  assert.deepEqual([Object.keys(attempt), more], [['at', 'durationMs', 'error'], []]);
  assert.equal(attempt.durationMs, 7);
});

testOnBothDatabases('of many attempts the last are kept, and none of a delivery that is removed', PORTS, async (t) => {
  const app = await sendingApp(t);
  let count = 0;
  const { url } = await startReceiver(t, (_, response) => {
    response.writeHead(500).end(`attempt ${++count}`);
    return undefined;
  });
  const { webhookId } = await app.hook(url);
  await app.post('/users', JOHN);
  for (let n = 0; n < MAX_ATTEMPTS_KEPT + 5; n++) {
    await app.request({ method: 'POST', url: `/webhooks/${webhookId}/deliveries/1/redeliver` });
    await app.sendAll();
  }
  const { lastAttempts } = await readDelivery(app, webhookId);
  const kept = Array.from({ length: MAX_ATTEMPTS_KEPT }, (_, n) => `attempt ${count - MAX_ATTEMPTS_KEPT + 1 + n}`);
  assert.deepEqual(
    lastAttempts.map(({ response }: { response: string }) => response),
    kept,
  );
  app.clock.now += HOUR;
  while (await app.store.deliveries.prune(app.clock.now));
  assert.equal(await isEmpty(app, 'webhook_attempts'), true);
});

testOnBothDatabases(
  'responses to the data of a deleted user are erased, and none is kept afterwards',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    // As receivers do that repeat what they got.
    let name = JOHN.firstName;
    const { url } = await startReceiver(t, (_, response) => {
      response.writeHead(500).end(`cannot store ${name}`);
      return undefined;
    });
    const { webhookId } = await app.hook(url);
    await app.post('/users', JOHN);
    await app.post('/users', { ...JOHN, firstName: 'Ada', contactEmail: 'ada@example.com' });
    await app.sendAll();
    const responses = async (deliveryId: number) =>
      (await readDelivery(app, webhookId, deliveryId)).lastAttempts.map(
        ({ response }: { response?: string }) => response,
      );
    assert.deepEqual(await responses(1), ['cannot store John']);
    await app.request({ method: 'DELETE', url: '/users/1' });
    assert.deepEqual(await responses(1), [undefined]);
    assert.deepEqual(await responses(2), ['cannot store John'], 'the event is about another user');
    name = 'John again';
    await app.turn(5 * SECOND);
    assert.deepEqual(await responses(1), [undefined, undefined]);
    assert.equal((await readDelivery(app, webhookId)).lastAttempts[1].status, 500);
  },
);

testOnBothDatabases(
  'of a user with more than is erased at once no response is shown from the deletion on',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    const { url } = await startReceiver(t, (_, response) => {
      response.writeHead(200).end('cannot store John');
      return undefined;
    });
    const { webhookId } = await app.hook(url);
    await app.post('/users', JOHN);
    const count = 100;
    for (let n = 1; n < count; n++) await app.patch('/users/1', { firstName: `J${n}` });
    await app.sendAll();
    await app.request({ method: 'DELETE', url: '/users/1' });
    for (const { deliveryId } of await app.deliveries(webhookId)) {
      const { lastAttempts } = await readDelivery(app, webhookId, deliveryId as number);
      assert.ok(lastAttempts.every((attempt: object) => !('response' in attempt)));
    }
    await waitFor(() => isEmpty(app, 'webhook_attempts WHERE response IS NOT NULL'), {
      message: 'response bodies of the deleted user remain',
    });
  },
);
