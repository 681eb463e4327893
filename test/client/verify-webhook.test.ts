import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { type VerifyOptions, verifyWebhook, WebhookVerificationError } from '../../client/src/index.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const BODY =
  '{"sequence":1,"type":"user.created","timestamp":"2026-03-01T12:00:00Z","data":{"userId":1,"firstName":"Zoë"}}';

/** Signed by the library that the documentation names for receivers. */
function sign(secret = SECRET, id = 'msg_1', at = NOW, body = BODY): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at / 1000),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
  };
}

function verify(headers: Record<string, string>, body: string | Uint8Array = BODY, options: VerifyOptions = {}) {
  return verifyWebhook(body, headers, SECRET, { now: NOW, ...options });
}

test('verifyWebhook returns the event of a delivery, from text or bytes and any kind of headers', async () => {
  const event = JSON.parse(BODY);
  assert.deepEqual(await verify(sign()), event);
  assert.deepEqual(await verify(sign(), Buffer.from(BODY)), event);
  assert.deepEqual(await verifyWebhook(BODY, new Headers(sign()), SECRET, { now: NOW }), event);
});

test('verifyWebhook accepts one valid signature of several, and one of several secrets', async () => {
  const { 'webhook-signature': other } = sign(OTHER);
  const signatures = { ...sign(), 'webhook-signature': `v1a,AAAA ${other} ${sign()['webhook-signature']}` };
  assert.equal((await verify(signatures)).sequence, 1);
  assert.equal((await verifyWebhook(BODY, sign(), [OTHER, SECRET], { now: NOW })).sequence, 1);
});

test('verifyWebhook rejects what was changed, is not signed, or is signed with another secret', async () => {
  const signature = sign()['webhook-signature'] ?? '';
  const invalid = [
    [sign(OTHER), BODY],
    [sign(), BODY.replace('Zoë', 'Eve')],
    [{ ...sign(), 'webhook-id': 'msg_2' }, BODY],
    [{ ...sign(), 'webhook-timestamp': String(NOW / 1000 + 1) }, BODY],
    [{ ...sign(), 'webhook-signature': signature.replace('v1,', 'v2,') }, BODY],
    [{ ...sign(), 'webhook-signature': 'v1,%' }, BODY],
    [{ ...sign(), 'webhook-signature': '' }, BODY],
    [{}, BODY],
  ] as const;
  for (const [headers, body] of invalid) await assert.rejects(verify(headers, body), WebhookVerificationError);
});

test('verifyWebhook rejects a delivery that is more than five minutes old or early', async () => {
  for (const minutes of [-5, 5]) {
    const ms = minutes * 60_000;
    assert.equal((await verify(sign(SECRET, 'msg_1', NOW + ms))).sequence, 1);
    await assert.rejects(verify(sign(SECRET, 'msg_1', NOW + ms * 1.01)), WebhookVerificationError);
  }
  await assert.rejects(verify(sign(SECRET, 'msg_1', NOW - 2_000), BODY, { toleranceSeconds: 1 }), {
    message: 'the timestamp is missing, too old or in the future',
  });
  await assert.rejects(verify({ ...sign(), 'webhook-timestamp': 'now' }), WebhookVerificationError);
});
