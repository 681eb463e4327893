import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { isPublicAddress } from '../../src/formats/public-address.ts';
import { createWebhookTransport, type WebhookTransportOptions } from '../../src/webhooks/transport.ts';
import { startReceiver } from './receiver.ts';

const PRIVATE = [
  ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.255', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...[
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
  ],
  ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '2002:7f00:1::', '2001::1'],
  ...['2001:db8::1', '100::1', '4000::1', 'localhost', ''],
];
const PUBLIC = ['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.63.0.1', '2606:4700::1111', '2a00:1450::1'];

type Lookup = NonNullable<WebhookTransportOptions['lookup']>;

/** Looks every name up as these addresses, one list a time, the last one ever after. */
function lookupOf(...responses: string[][]): { lookup: Lookup; asked: () => number } {
  let asked = 0;
  const lookup = (_hostname: string, _options: object, callback: (error: null, addresses: LookupAddress[]) => void) => {
    const addresses = responses[Math.min(asked++, responses.length - 1)] as string[];
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookup: lookup as unknown as Lookup, asked: () => asked };
}

async function send(url: string, options: Partial<WebhookTransportOptions> = {}): Promise<number> {
  const transport = createWebhookTransport({ isAllowed: isPublicAddress, timeoutMs: 2_000, ...options });
  return (await transport({ url, headers: {}, body: '{}' }, new AbortController().signal)).status;
}

test('isPublicAddress accepts public addresses only', () => {
  for (const address of PRIVATE) assert.equal(isPublicAddress(address), false, address);
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address);
});

test('no spelling of a private address is connected to', async (t) => {
  const { url, received } = await startReceiver(t);
  const { port } = new URL(url);
  const hosts = [
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '0',
    'localhost',
  ];
  for (const host of hosts) {
    await assert.rejects(send(`http://${host}:${port}/`), /is not a public address/, host);
  }
  await assert.rejects(send(`https://127.0.0.1:${port}/`), /is not a public address/);
  assert.equal(received.length, 0);
  assert.equal(await send(`http://127.0.0.1:${port}/`, { isAllowed: () => true }), 204);
});

test('a name that resolves to a private address is rejected, also beside a public one or after a change', async (t) => {
  const { url, received } = await startReceiver(t);
  const { port } = new URL(url);
  const hook = `http://hooks.example.com:${port}/`;
  for (const response of [['127.0.0.1'], ['::1'], ['8.8.8.8', '127.0.0.1'], ['::ffff:127.0.0.1']]) {
    await assert.rejects(send(hook, lookupOf(response)), /is not a public address/, response.join());
  }
  await assert.rejects(send(hook, lookupOf([])), /hooks\.example\.com has no address/);
  // First public, then private: what was checked is what is connected to, and the name is asked about once an attempt.
  assert.equal(received.length, 0);
  const isAllowed = (address: string) => address === '127.0.0.1';
  const rebinding = { ...lookupOf(['127.0.0.1'], ['127.0.0.2']), isAllowed };
  assert.equal(await send(hook, rebinding), 204);
  assert.equal(rebinding.asked(), 1);
  await assert.rejects(send(hook, rebinding), /127\.0\.0\.2 is not a public address/);
  assert.equal(await send(hook, { ...lookupOf(['127.0.0.1']), isAllowed: () => true }), 204);
});

test('an aborted attempt ends at once', async (t) => {
  const { url } = await startReceiver(t, () => undefined);
  const controller = new AbortController();
  const sent = createWebhookTransport({ isAllowed: () => true })({ url, headers: {}, body: '{}' }, controller.signal);
  setImmediate(() => controller.abort());
  await assert.rejects(sent);
});
