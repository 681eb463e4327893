import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKey } from '../../src/rate-limit/address-key.ts';

const SAME: Record<string, string[]> = {
  '192.0.2.1': [
    '192.0.2.1',
    '192.0.2.1:4711',
    '::ffff:192.0.2.1',
    '::FFFF:c000:201',
    '[::ffff:192.0.2.1]:4711',
    '0:0:0:0:0:ffff:c000:0201',
  ],
  '2001:db8:0:1::/64': [
    '2001:db8:0:1::1',
    '2001:0DB8:0000:0001:0000:0000:0000:0001',
    '2001:db8:0:1:ffff:ffff:ffff:ffff',
    '[2001:db8:0:1::2]',
    '[2001:db8:0:1::2]:443',
  ],
  '2001:db8:0:2::/64': ['2001:db8:0:2::1'],
  'fe80::/64': ['fe80::1%eth0', 'fe80::2'],
  '::/64': ['::1'],
  unknown: ['unknown', '', '_hidden', '192.0.2.1:x', '[192.0.2', '1.2.3.4.5:1', 'x'.repeat(10_000)],
};

for (const [key, texts] of Object.entries(SAME)) {
  test(`all spellings of the address share the key ${key}`, () => {
    for (const text of texts) assert.equal(addressKey(text), key, text);
  });
}
