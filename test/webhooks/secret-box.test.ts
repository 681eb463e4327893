import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOrCreateKey } from '../../src/webhooks/key-file.ts';
import { CannotDecrypt, SecretBox } from '../../src/webhooks/secret-box.ts';
import { generateWebhookSecret } from '../../src/webhooks/signature.ts';
import { tempFolder } from '../support/temp-folder.ts';

const KEY = Buffer.alloc(32, 1);

test('what is encrypted is decrypted by the same key alone, and only unchanged', () => {
  const box = new SecretBox(KEY);
  const secret = generateWebhookSecret();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const stored = box.encrypt(secret);
  assert.equal(new SecretBox(KEY).decrypt(new Uint8Array(stored)), secret);
  assert.ok(!Buffer.from(stored).includes(secret.slice(6, 20)));
  assert.notDeepEqual(box.encrypt(secret), stored);
  assert.throws(() => new SecretBox(Buffer.alloc(32, 2)).decrypt(stored), CannotDecrypt);
  for (let i = 0; i < stored.length; i++) {
    const changed = Uint8Array.from(stored, (byte, index) => (index === i ? byte ^ 1 : byte));
    assert.throws(() => box.decrypt(changed), CannotDecrypt, `byte ${i}`);
  }
  assert.throws(() => box.decrypt(stored.subarray(0, 8)), CannotDecrypt);
  assert.throws(() => box.decrypt(new Uint8Array()), CannotDecrypt);
});

test('the key of development mode is made once, for its owner only', (t) => {
  const file = join(tempFolder(t), 'test.db.key');
  const key = readOrCreateKey(file);
  assert.equal(key.length, 32);
  assert.deepEqual(Buffer.from(readOrCreateKey(file)), Buffer.from(key));
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, 'no key');
  assert.throws(() => readOrCreateKey(file), /holds no key/);
});
