import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EVENT_TYPES } from '../../src/events/schema.ts';
import { SecretBox } from '../../src/webhooks/secret-box.ts';
import { TEST_KEY, testApp } from '../support/app.ts';
import { assertRejected } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const WANTED = { url: 'https://example.com/hooks?a=b', events: ['user.created', 'task.reminder'] };
const SHOWN = { webhookId: 1, ...WANTED, enabled: true, createdAt: '2026-03-01T12:00:00.000Z' };

testOnBothDatabases(
  'an administrator creates a webhook, sees its secret this once, changes and deletes it',
  async (t) => {
    const { post, patch, request, store, clock, file } = await testApp(t);
    const created = await post('/webhooks', WANTED);
    assert.equal(created.statusCode, 201);
    const { secret, ...shown } = created.json();
    assert.deepEqual(shown, SHOWN);
    assert.deepEqual(Object.keys(shown), ['webhookId', 'url', 'events', 'enabled', 'createdAt']);
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.deepEqual([created.headers.location, created.headers.etag], ['/webhooks/1', '"1"']);

    const read = await request({ url: '/webhooks/1' });
    assert.deepEqual([read.json(), read.headers.etag], [SHOWN, '"1"']);
    const known = await request({ url: '/webhooks/1', headers: { 'if-none-match': '"1"' } });
    assert.equal(known.statusCode, 304);
    await post('/webhooks', { ...WANTED, description: 'Second', enabled: false });
    const list = await request({ url: '/webhooks?_sort=-webhookId&_perPage=1', headers: { prefer: 'count=exact' } });
    assert.deepEqual(
      list.json().webhooks.map((one: { webhookId: number; description: string; enabled: boolean }) => one),
      [{ ...SHOWN, webhookId: 2, description: 'Second', enabled: false }],
    );
    assert.equal(list.headers['x-total-count'], '2');
    assert.match(String(list.headers.link), /rel="next"/);

    const changes = { url: 'http://example.org/', events: ['task.created'], description: 'Board' };
    clock.now += 1_000;
    const changed = await patch('/webhooks/1', changes);
    const after = { webhookId: 1, ...changes, enabled: true, createdAt: SHOWN.createdAt };
    assert.deepEqual([changed.statusCode, changed.json(), changed.headers.etag], [200, after, '"2"']);
    assert.equal((await patch('/webhooks/1', changes)).headers.etag, '"2"', 'no change');
    assert.deepEqual((await patch('/webhooks/1', { description: null })).json(), {
      webhookId: 1,
      url: changes.url,
      events: changes.events,
      enabled: true,
      createdAt: SHOWN.createdAt,
    });
    const stale = { 'if-match': '"2"', 'content-type': 'application/json' };
    const payload = JSON.stringify({ enabled: false });
    const rejected = await request({ method: 'PATCH', url: '/webhooks/1', headers: stale, payload });
    assert.equal(rejected.statusCode, 412);
    assert.equal((await request({ method: 'DELETE', url: '/webhooks/1', headers: stale })).statusCode, 412);
    const held = { 'if-match': '"3"' };
    assert.equal((await request({ method: 'DELETE', url: '/webhooks/1', headers: held })).statusCode, 204);
    for (const method of ['GET', 'DELETE'] as const) {
      assert.equal((await request({ method, url: '/webhooks/1' })).statusCode, 404);
    }
    assert.equal((await patch('/webhooks/1', { enabled: true })).statusCode, 404);

    const audit = (await request({ url: '/audit?_perPage=100' })).json().audit.filter(({ type }: { type: string }) => {
      return type.startsWith('webhook.');
    });
    assert.deepEqual(
      audit.map(({ type }: { type: string }) => type),
      ['created', 'created', 'updated', 'updated', 'deleted'].map((what) => `webhook.${what}`),
    );
    assert.deepEqual(audit[2].before, { url: WANTED.url, events: WANTED.events, description: null });
    assert.equal(audit[4].before.webhookId, 1);

    // Nowhere but in the one response, and encrypted in the store.
    const second = (await store.webhooks.get(2))?.secret as Uint8Array;
    assert.match(new SecretBox(TEST_KEY).decrypt(second), /^whsec_/);
    const everything = [
      read.body,
      list.body,
      changed.body,
      JSON.stringify(audit),
      (await request({ url: '/events' })).body,
    ];
    for (const text of everything) assert.ok(!text.includes('whsec_') && !text.includes('webhook.'.concat('secret')));
    assert.ok(!(await request({ url: '/events' })).body.includes('webhook.'), 'no events');
    await assertNotStored(file, secret);
  },
);

/** On SQLite: neither in the file nor in its log. */
async function assertNotStored(file: string, secret: string): Promise<void> {
  for (const one of [file, `${file}-wal`]) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(one);
    } catch {
      continue;
    }
    assert.ok(!bytes.includes(secret.slice(6)), one);
  }
}

testOnBothDatabases('the same key creates one webhook, and shows no secret again', async (t) => {
  const { request } = await testApp(t);
  const send = (body: object) =>
    request({
      method: 'POST',
      url: '/webhooks',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
      payload: JSON.stringify(body),
    });
  const first = await send(WANTED);
  const { secret, ...shown } = first.json();
  assert.ok(secret);
  const again = await send(WANTED);
  assert.deepEqual([again.statusCode, again.json()], [201, shown]);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal((await send({ ...WANTED, description: 'other' })).statusCode, 422);
  await request({ method: 'DELETE', url: '/webhooks/1' });
  assert.deepEqual((await send(WANTED)).json(), shown, 'the first response, although the webhook is deleted');
});

testOnBothDatabases('what is wrong with a webhook', async (t) => {
  const { post, patch, request } = await testApp(t);
  const rejected = async (body: object, message: string, ...details: [string, string][]) => {
    const code = details.some(([, reason]) => reason === 'Is required') ? 'MISSING_REQUIRED_FIELD' : 'INVALID_FIELD';
    assertRejected(await post('/webhooks', body), { code, message, details });
  };
  const one = EVENT_TYPES.join(', ');
  const invalid = (text: string) => `The \`events\` value '${text}' is not valid. It must be`;
  const list = (text: string) => `${invalid(text)} a list of one or more of ${one}, each once.`;
  const form = 'The field `url` must be an http or https URL without user, password and fragment';
  await rejected({}, 'The `url` field is required.', ['url', 'Is required'], ['events', 'Is required']);
  const urls = [
    'ftp://example.com',
    'example.com',
    'https://',
    'https://a b',
    'https://me@example.com',
    'javascript:1',
  ];
  for (const url of [...urls, 'https://me:pw@example.com/', 'https://example.com/#a', 'https://example.com/\n', ' ']) {
    await rejected({ ...WANTED, url }, form, ['url', 'Invalid format']);
  }
  const length = 'The field `url` must be between 1 and 2048 characters';
  await rejected({ ...WANTED, url: '' }, length, ['url', 'String too short']);
  const long = `https://example.com/${'a'.repeat(2_048 - 20)}`;
  assert.equal((await post('/webhooks', { ...WANTED, url: long })).statusCode, 201);
  await rejected({ ...WANTED, url: `${long}a` }, length, ['url', 'String too long']);
  await rejected({ ...WANTED, events: [] }, list(''), ['events', 'Invalid value']);
  await rejected({ ...WANTED, events: ['token.created'] }, `${invalid('token.created')} one of ${one}.`, [
    'events',
    'Invalid value',
  ]);
  const twice = ['user.created', 'user.created'];
  await rejected({ ...WANTED, events: twice }, list(twice.join(',')), ['events', 'Invalid value']);
  await rejected({ ...WANTED, enabled: 1 }, 'The field `enabled` must be a boolean', ['enabled', 'Invalid type']);
  const description = 'The field `description` must be between 1 and 255 characters';
  await rejected({ ...WANTED, description: '' }, description, ['description', 'String too short']);
  for (const field of ['webhookId', 'createdAt', 'secret']) {
    await rejected({ ...WANTED, [field]: 'x' }, `The field \`${field}\` cannot be set`, [field, 'Is read-only']);
  }
  await rejected({ ...WANTED, foo: 1 }, 'The field `foo` is not known', ['foo', 'Unknown field']);
  await rejected(
    { url: 'x', events: ['x'], foo: 1 },
    form,
    ['url', 'Invalid format'],
    ['events', 'Invalid value'],
    ['foo', 'Unknown field'],
  );
  assertRejected(await patch('/webhooks/1', {}), {
    message: 'The request body must contain at least one field',
    details: [['body', 'Is required']],
  });
  for (const body of [{ url: null }, { events: null }, { enabled: null }]) {
    assert.equal((await patch('/webhooks/1', body)).statusCode, 400);
  }
  assert.equal((await request({ url: '/webhooks/abc' })).statusCode, 400);
  assert.equal((await request({ url: '/webhooks/1/deliveries?state=lost' })).statusCode, 400);
  assert.equal((await request({ url: '/webhooks?updatedSince=2026-01-01' })).statusCode, 400);
});

testOnBothDatabases('without SECRET_KEY no webhook is created, and the response says why', async (t) => {
  const { post, request } = await testApp(t, { withoutSecretKey: true });
  const response = await post('/webhooks', WANTED);
  assert.equal(response.statusCode, 501);
  assert.deepEqual(response.json(), {
    code: 'NOT_CONFIGURED',
    message: 'This service has no webhooks: its operator must set SECRET_KEY first',
    requestId: response.headers['x-request-id'],
  });
  assert.deepEqual((await request({ url: '/webhooks' })).json(), { webhooks: [] });
});
