import assert from 'node:assert/strict';
import pino from 'pino';
import { Webhook as Verifier } from 'standardwebhooks';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { createRetentionJob } from '../../src/workers/retention.ts';
import { TEST_KEY, testApp } from '../support/app.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from './receiver.ts';
import { newDispatcher, PORTS, readDelivery, type SendingApp, sendingApp } from './sending.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const rotate = (app: Pick<SendingApp, 'request'>, webhookId: number) =>
  app.request({ method: 'POST', url: `/webhooks/${webhookId}/rotate` });

const sendTest = (app: Pick<SendingApp, 'request'>, webhookId: number) =>
  app.request({ method: 'POST', url: `/webhooks/${webhookId}/test` });

testOnBothDatabases(
  'the first failure and the recovery of a webhook are logged once, without its URL',
  PORTS,
  async (t) => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const app = await sendingApp(t, { logger });
    // Another process: what one has logged the other does not log again.
    const other = newDispatcher(app.store, () => app.clock.now, { logger });
    let status = 500;
    const { url } = await startReceiver(t, () => status);
    const { webhookId } = await app.hook(`${url}/path-secret?token=query-secret`);
    const turn = async () => {
      for (const sender of [other, app.sender]) {
        app.clock.now += HOUR;
        await sender.runOnce();
        await sender.idle();
      }
    };
    await app.post('/users', JOHN);
    await app.patch('/users/1', { firstName: 'Jim' });
    for (let n = 0; n < 3; n++) await turn();
    status = 200;
    for (let n = 0; n < 3; n++) await turn();
    status = 500;
    await app.patch('/users/1', { firstName: 'Jack' });
    await turn();
    assert.deepEqual(
      lines.map((line) => [line.level, line.msg, line.webhookId, line.error]),
      [
        [40, 'webhook delivery failed; will retry', webhookId, 'the receiver responded with 500'],
        [30, 'webhook delivery succeeded again', webhookId, undefined],
        [40, 'webhook delivery failed; will retry', webhookId, 'the receiver responded with 500'],
      ],
    );
    assert.ok(!JSON.stringify(lines).includes('secret'));
  },
);

testOnBothDatabases('a webhook shows its last success and its last failure, with another ETag', PORTS, async (t) => {
  const app = await sendingApp(t);
  let status = 204;
  const { url } = await startReceiver(t, () => status);
  const { webhookId } = await app.hook(url);
  const shown = async () => {
    const one = await app.request({ url: `/webhooks/${webhookId}` });
    const [listed] = (await app.request({ url: '/webhooks' })).json().webhooks;
    assert.deepEqual(listed, one.json());
    return { etag: String(one.headers.etag), times: [listed.lastSuccessAt, listed.lastFailureAt] };
  };
  const atFirst = await shown();
  assert.deepEqual(atFirst.times, [undefined, undefined]);
  await app.post('/users', JOHN);
  await app.sendAll();
  const success = new Date(app.clock.now).toISOString();
  const afterSuccess = await shown();
  assert.deepEqual(afterSuccess.times, [success, undefined]);
  app.clock.now += HOUR;
  status = 503;
  await app.patch('/users/1', { firstName: 'Jim' });
  await app.sendAll();
  const afterFailure = await shown();
  assert.deepEqual(afterFailure.times, [success, new Date(app.clock.now).toISOString()]);
  assert.equal(new Set([atFirst, afterSuccess, afterFailure].map(({ etag }) => etag)).size, 3);

  const get = (etag: string) => app.request({ url: `/webhooks/${webhookId}`, headers: { 'if-none-match': etag } });
  assert.equal((await get(afterFailure.etag)).statusCode, 304);
  assert.equal((await get(afterSuccess.etag)).statusCode, 200);
  // An attempt does not change the webhook's version: an earlier ETag still matches.
  const change = (etag: string) =>
    app.request({
      method: 'PATCH',
      url: `/webhooks/${webhookId}`,
      headers: { 'if-match': etag, 'content-type': 'application/json' },
      payload: JSON.stringify({ description: etag }),
    });
  assert.equal((await change(afterSuccess.etag)).statusCode, 200);
  assert.equal((await change(afterFailure.etag)).statusCode, 412);
});

testOnBothDatabases(
  'a test event goes to one webhook, whichever events it gets, and past deliveries that wait',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    let failing = true;
    const { url, received } = await startReceiver(t, ({ event }) =>
      failing && event.type !== 'webhook.test' ? 500 : 204,
    );
    const { webhookId, secret } = await app.hook(`${url}/one`, ['user.created']);
    await app.hook(`${url}/two`);
    await app.post('/users', JOHN);
    await app.sendAll();
    const before = received.length;

    const response = await sendTest(app, webhookId);
    assert.equal(response.statusCode, 202);
    const delivery = response.json();
    const now = new Date(app.clock.now).toISOString();
    const { deliveryId, sequence } = delivery;
    assert.deepEqual(delivery, {
      ...{ deliveryId, sequence, type: 'webhook.test', state: 'pending', attempts: 0, nextAttemptAt: now },
    });
    assert.equal(response.headers.location, `/webhooks/${webhookId}/deliveries/${deliveryId}`);
    await app.sendAll();
    assert.equal(received.length, before + 1);
    const sent = received.at(-1);
    assert.ok(sent);
    assert.equal(sent.path, '/one');
    assert.deepEqual(sent.event, { type: 'webhook.test', timestamp: now, data: { webhookId }, sequence });
    const signedAt = new Date(Number(sent.headers['webhook-timestamp']) * SECOND);
    const expected = new Verifier(secret).sign(String(sent.headers['webhook-id']), signedAt, sent.body);
    assert.equal(sent.headers['webhook-signature'], expected);
    assert.deepEqual(
      (await app.deliveries(webhookId)).map(({ type, state }) => [type, state]),
      [
        ['user.created', 'pending'],
        ['webhook.test', 'delivered'],
      ],
    );
    assert.ok(!(await app.request({ url: '/events' })).body.includes('webhook.test'), 'it is no event of the feed');
    const [entry] = (await app.request({ url: '/audit?_sort=-sequence&_perPage=1' })).json().audit;
    assert.deepEqual([entry.type, entry.sequence, entry.after], ['webhook.test', sequence, { webhookId }]);

    await app.patch(`/webhooks/${webhookId}`, { enabled: false });
    await sendTest(app, webhookId);
    await app.sendAll();
    assert.equal(received.length, before + 1, 'not while it is disabled');
    failing = false;
    await app.patch(`/webhooks/${webhookId}`, { enabled: true });
    await app.sendAll();
    assert.equal(received.at(-1)?.event.type, 'webhook.test');
    assert.equal((await sendTest(app, 99)).statusCode, 404);
  },
);

testOnBothDatabases(
  'after a rotation deliveries are signed with both secrets, and after a day with the new one',
  PORTS,
  async (t) => {
    const app = await sendingApp(t);
    const { url, received } = await startReceiver(t);
    const { webhookId, secret: first } = await app.hook(url);
    const signedBy = async (...secrets: string[]) => {
      await sendTest(app, webhookId);
      await app.sendAll();
      const { headers, body } = received.at(-1) as (typeof received)[number];
      const signedAt = new Date(Number(headers['webhook-timestamp']) * SECOND);
      const signatures = secrets.map((secret) =>
        new Verifier(secret).sign(String(headers['webhook-id']), signedAt, body),
      );
      assert.equal(headers['webhook-signature'], signatures.join(' '));
    };
    const { etag } = (await app.request({ url: `/webhooks/${webhookId}` })).headers;
    const rotation = await rotate(app, webhookId);
    assert.equal(rotation.statusCode, 200);
    const { secret: second, previousSecretValidUntil, ...shown } = rotation.json();
    assert.match(second, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(second, first);
    assert.equal(previousSecretValidUntil, new Date(app.clock.now + 24 * HOUR).toISOString());
    const read = await app.request({ url: `/webhooks/${webhookId}` });
    assert.deepEqual([read.json(), read.headers.etag], [shown, etag], 'nothing that is shown has changed');
    await signedBy(second, first);
    app.clock.now += 24 * HOUR - 1;
    await signedBy(second, first);
    await app.store.webhooks.pruneSecrets();
    const previousSecret = async () => (await app.store.webhooks.get(webhookId))?.previousSecret;
    assert.notEqual(await previousSecret(), null);
    app.clock.now += 1;
    await signedBy(second);
    assert.notEqual(await previousSecret(), null);
    const { store, clock } = app;
    const logger = { info: () => undefined, warn: (line: unknown) => assert.fail(String(line)) };
    const retention = createRetentionJob({ store, changesKeptDays: 30, clock: () => clock.now, logger });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    retention.start();
    t.mock.timers.tick(60 * SECOND);
    t.mock.timers.reset();
    await waitFor(async () => (await previousSecret()) === null, { message: 'the previous secret is not pruned' });
    await retention.stop();

    // Twice in a row: the one before the last is gone at once.
    const third = (await rotate(app, webhookId)).json().secret;
    const fourth = (await rotate(app, webhookId)).json().secret;
    await signedBy(fourth, third);
    const { audit } = (await app.request({ url: '/audit?_perPage=100' })).json();
    const rotated = audit.filter(({ type }: { type: string }) => type === 'webhook.rotated');
    assert.equal(rotated.length, 3);
    assert.equal(rotated[0].after.webhookId, webhookId);
    assert.ok(!JSON.stringify(audit).includes('whsec_'));
    const stored = await app.store.webhooks.get(webhookId);
    const box = new SecretBox(TEST_KEY);
    assert.deepEqual(
      [stored?.secret, stored?.previousSecret?.secret].map((bytes) => box.decrypt(bytes as Uint8Array)),
      [fourth, third],
      'both are encrypted',
    );
    assert.equal((await rotate(app, 99)).statusCode, 404);
  },
);

testOnBothDatabases('rotating mends a webhook whose secret was encrypted with another SECRET_KEY', PORTS, async (t) => {
  const app = await sendingApp(t);
  const { url, received } = await startReceiver(t);
  const secret = new SecretBox(Buffer.alloc(32, 8)).encrypt('whsec_c2VjcmV0');
  const wanted = { url, events: ['user.created'], description: null, enabled: true, secret };
  await app.store.webhooks.create(wanted, { actor: '1' });
  await sendTest(app, 1);
  await app.sendAll();
  assert.match((await readDelivery(app, 1)).lastError, /cannot be read/);
  const rotated = (await rotate(app, 1)).json();
  await app.turn(5 * SECOND);
  const [sent] = received;
  assert.ok(sent);
  const signedAt = new Date(Number(sent.headers['webhook-timestamp']) * SECOND);
  assert.equal(
    sent.headers['webhook-signature'],
    new Verifier(rotated.secret).sign(String(sent.headers['webhook-id']), signedAt, sent.body),
  );
});

testOnBothDatabases('without SECRET_KEY no webhook is rotated or tested', async (t) => {
  const app = await testApp(t, { withoutSecretKey: true });
  for (const send of [rotate, sendTest]) assert.equal((await send(app, 1)).json().code, 'NOT_CONFIGURED');
});
