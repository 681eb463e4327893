import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyzeEmail } from '@hapi/address';
import { emailKey, isEmailAddress } from '../../src/formats/email-address.ts';
import fc from '../support/fast-check.ts';

const valid = [
  'john.doe@example.com',
  "o'hara+tag@sub.example.io",
  'A@B.CO',
  'a@b-c.example',
  '用户@例子.广告',
  '😀@example.com',
  'john@пример.рф',
  'john@xn--e1afmkfd.xn--p1ai',
  `${'a'.repeat(200)}@example.com`,
  `a@${'b'.repeat(64)}.example`,
];

const invalid = [
  'john.doe',
  '@example.com',
  'john@',
  'john../../example.com',
  'john@localhost',
  'john@example.c',
  'john@example.c0m',
  'john@example.123',
  'john@example.com.',
  'john@.example.com',
  'john@-example.com',
  'john@example-.com',
  'john@ex_ample.com',
  'john@127.0.0.1',
  'john@[127.0.0.1]',
  'john@[IPv6:::1]',
  '"john"@example.com',
  '"john doe"@example.com',
  'john(comment)@example.com',
  'John <john@example.com>',
  '.john@example.com',
  'john.@example.com',
  'jo..hn@example.com',
  'jo hn@example.com',
  'john@exam ple.com',
  'john@example.com ',
  'john@exa\u0000mple.com',
  'john\n@example.com',
  'john@\u00ad.com',
  'john@ex%61mple.com',
  `john@${'b'.repeat(64)}.e%61x.com`,
  'john@example.com/x',
  'john@example.com:25',
  '\ud800@example.com',
];

for (const address of valid)
  test(`${address.slice(0, 40)} is a valid address`, () => assert.ok(isEmailAddress(address)));
for (const text of invalid) {
  test(`${JSON.stringify(text)} is not an address`, () => assert.equal(isEmailAddress(text), false));
}

const same: [string, string][] = [
  ['john.doe@example.com', 'John.DOE@EXAMPLE.Com'],
  ['zo\u00eb@example.com', 'ZOE\u0308@example.com'],
  ['john@пример.рф', 'john@XN--E1AFMKFD.xn--p1ai'],
  ['john@bücher.example', 'john@BÜCHER.example'],
];
for (const [one, other] of same) {
  test(`${one} and ${other} are the same address`, () => assert.equal(emailKey(one), emailKey(other)));
}

const different: [string, string][] = [
  ['john.doe@example.com', 'johndoe@example.com'],
  ['john@example.com', 'john+tag@example.com'],
  ['john@example.com', 'john@example.org'],
];
for (const [one, other] of different) {
  test(`${one} and ${other} are different addresses`, () => assert.notEqual(emailKey(one), emailKey(other)));
}

const word = fc.stringMatching(/^[a-z0-9]{1,20}$/);

test('every plain address is valid, and its key does not depend on case', () => {
  fc.assert(
    fc.property(word, word, fc.stringMatching(/^[a-z]{2,10}$/), (local, label, top) => {
      const address = `${local}@${label}.${top}`;
      assert.ok(isEmailAddress(address));
      assert.equal(emailKey(address.toUpperCase()), emailKey(address));
    }),
  );
});

test('addresses that pass the fast path are valid for the library, with the same key', () => {
  const mark = fc.constantFrom('.', '-', '_', '+', '@', 'a', 'Z', '7', '--', 'xn--', 'é', ' ', '%');
  const text = fc.array(fc.oneof(word, mark), { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (local, domain) => {
      const address = `${local}@${domain}.com`;
      const error = analyzeEmail(address, { ignoreLength: true });
      // The library enforces the length limit of DNS, which does not apply here.
      const judged = error?.code !== 'DOMAIN_LONG_SEGMENT' && !address.includes('--') && !address.includes('\u00e9');
      if (judged) assert.equal(isEmailAddress(address), error === null);
      if (isEmailAddress(address)) assert.equal(emailKey(`\u00e9${address}`), `\u00e9${emailKey(address)}`);
    }),
    { numRuns: 5000 },
  );
});

test('the check never throws, and the key of a valid address is an address with the same key', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress(), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(text, fc.domain(), (local, domain) => {
      for (const address of [local, `${local}@${domain}`]) {
        if (!isEmailAddress(address)) continue;
        assert.equal(emailKey(emailKey(address)), emailKey(address));
      }
    }),
    { numRuns: 2000 },
  );
});
