import assert from 'node:assert/strict';
import pino from 'pino';
import { Webhook as Verifier } from 'standardwebhooks';
import { MAX_ATTEMPTS_KEPT } from '../../src/domain/webhooks.ts';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { createRetentionJob } from '../../src/workers/retention.ts';
import { TEST_KEY, testApp } from '../support/app.ts';
import { assertRejected } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { JOHN } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from './receiver.ts';
import { newDispatcher, type SendingApp, sendingApp } from './sending.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** The receiver's port is another one in each run. */
const PORTS = { responsesDiffer: 'a receiver has another port in each run' };

const WANTED = { url: 'https://hooks.example.com/', events: ['user.created'] };

/** What shows a delivery with its attempts. */
const details = async (app: SendingApp, webhookId: number, deliveryId = 1) => {
  const response = await app.request({ url: `/webhooks/${webhookId}/deliveries/${deliveryId}` });
  assert.equal(response.statusCode, 200, response.body);
  return response.json();
};

const rotate = (app: Pick<SendingApp, 'request'>, webhookId: number) =>
  app.request({ method: 'POST', url: `/webhooks/${webhookId}/rotate` });

const sendTest = (app: Pick<SendingApp, 'request'>, webhookId: number) =>
  app.request({ method: 'POST', url: `/webhooks/${webhookId}/test` });

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

const PRIVATE_HOSTS = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', '0', '10.1.2.3', '192.168.0.1'],
  ...[
    '169.254.169.254',
    '100.64.0.1',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[fd00::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
  ],
  ...['localhost', 'LOCALHOST', 'localhost.', 'hooks.localhost', '１２７.0.0.1'],
];
const PUBLIC_HOSTS = ['hooks.example.com', '8.8.8.8', '[2606:4700::1111]', 'localhost.example.com', '127.0.0.1.nip.io'];

testOnBothDatabases('a webhook with a literal private address is rejected where those are not allowed', async (t) => {
  const { post, patch, request } = await testApp(t);
  assert.equal((await post('/webhooks', WANTED)).statusCode, 201);
  for (const host of PRIVATE_HOSTS) {
    const url = `http://${host}:3000/hooks`;
    const expected = {
      message:
        `The \`url\` value '${url}' is not valid. It must be an http or https URL whose host is a name or a public IP ` +
        'address, unless the operator sets WEBHOOK_ALLOW_PRIVATE=true.',
      details: [['url', 'Invalid value']] as [string, string][],
    };
    assertRejected(await post('/webhooks', { ...WANTED, url }), expected);
    assertRejected(await patch('/webhooks/1', { url }), expected);
  }
  const several = await post('/webhooks', { url: 'http://127.1/', events: [], foo: 1 });
  assert.deepEqual(
    several.json().details.map(({ field }: { field: string }) => field),
    ['url', 'events', 'foo'],
  );
  for (const host of PUBLIC_HOSTS) {
    assert.equal((await post('/webhooks', { ...WANTED, url: `https://${host}/` })).statusCode, 201, host);
  }
  const { webhooks } = (await request({ url: '/webhooks?_perPage=100' })).json();
  assert.equal(webhooks.length, 1 + PUBLIC_HOSTS.length);
});

testOnBothDatabases('where private addresses are allowed a webhook may name one', async (t) => {
  const { post } = await testApp(t, { allowPrivateWebhooks: true });
  for (const host of PRIVATE_HOSTS) {
    assert.equal((await post('/webhooks', { ...WANTED, url: `http://${host}/` })).statusCode, 201, host);
  }
});

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
  assert.match((await details(app, 1)).lastError, /cannot be read/);
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
  const { lastAttempts, ...delivery } = await details(app, webhookId);
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
  const [attempt, ...more] = (await details(app, webhookId)).lastAttempts;
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
  const { lastAttempts } = await details(app, webhookId);
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
      (await details(app, webhookId, deliveryId)).lastAttempts.map(({ response }: { response?: string }) => response);
    assert.deepEqual(await responses(1), ['cannot store John']);
    await app.request({ method: 'DELETE', url: '/users/1' });
    assert.deepEqual(await responses(1), [undefined]);
    assert.deepEqual(await responses(2), ['cannot store John'], 'the event is about another user');
    name = 'John again';
    await app.turn(5 * SECOND);
    assert.deepEqual(await responses(1), [undefined, undefined]);
    assert.equal((await details(app, webhookId)).lastAttempts[1].status, 500);
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
      const { lastAttempts } = await details(app, webhookId, deliveryId as number);
      assert.ok(lastAttempts.every((attempt: object) => !('response' in attempt)));
    }
    await waitFor(() => isEmpty(app, 'webhook_attempts WHERE response IS NOT NULL'), {
      message: 'response bodies of the deleted user remain',
    });
  },
);
