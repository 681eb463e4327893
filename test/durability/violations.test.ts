import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from './ledger.ts';
import type { SeenUser } from './nth-user.ts';
import { findViolations } from './violations.ts';

/** Users 1 and 2 of round 1 and 3 and 4 of round 2, all acknowledged and all in the file. */
function twoRounds(): { ledger: Ledger; stored: SeenUser[] } {
  const ledger = new Ledger();
  for (const userId of [1, 2, 3, 4]) {
    ledger.acknowledged.push({ round: userId <= 2 ? 1 : 2, user: { userId, ...ledger.nextUser() } });
  }
  return { ledger, stored: ledger.acknowledged.map(({ user }) => ({ ...user })) };
}

/** Asserts that there is exactly one violation, and which. */
function finds(ledger: Ledger, stored: SeenUser[], expected: RegExp): void {
  const violations = findViolations(ledger, stored);
  assert.equal(violations.length, 1, violations.join('\n'));
  assert.match(violations[0] as string, expected);
}

test('a file with every acknowledged user, with or without unacknowledged ones, has no violations', () => {
  const { ledger, stored } = twoRounds();
  stored.push({ userId: 5, ...ledger.nextUser() });
  ledger.nextUser();
  assert.deepEqual(findViolations(ledger, stored), []);
});

test('the check finds a lost acknowledged user', () => {
  const { ledger, stored } = twoRounds();
  stored.splice(1, 1);
  finds(ledger, stored, /^lost: \{"userId":2,.* acknowledged in round 1$/);
});

test('the check finds an acknowledged user with other data', () => {
  const { ledger, stored } = twoRounds();
  Object.assign(stored[2] as SeenUser, { lastName: 'Changed' });
  const violations = findViolations(ledger, stored);
  assert.match(violations[0] as string, /^changed: \{"userId":3,.* is \{.*"lastName":"Changed"/);
});

test('the check finds an id that is acknowledged twice', () => {
  const { ledger, stored } = twoRounds();
  const user = { userId: 4, ...ledger.nextUser() };
  ledger.acknowledged.push({ round: 2, user });
  const violations = findViolations(ledger, stored);
  assert.match(violations[0] as string, /^id 4 was acknowledged twice, the second time in round 2 /);
});

test('the check finds an id that is reused after a restart', () => {
  const { ledger, stored } = twoRounds();
  const user = { userId: 2, ...ledger.nextUser() };
  ledger.acknowledged.push({ round: 3, user });
  const violations = findViolations(ledger, stored);
  assert.match(violations[0] as string, /^id 2 was acknowledged twice, the second time in round 3 /);
});

test('the check finds a new id below one of an earlier round', () => {
  const { ledger, stored } = twoRounds();
  const user = { userId: 5, ...ledger.nextUser() };
  (ledger.acknowledged[1] as { user: SeenUser }).user.userId = 9;
  (stored[1] as SeenUser).userId = 9;
  ledger.acknowledged.splice(2, 2);
  stored.splice(2, 2);
  ledger.acknowledged.push({ round: 2, user });
  stored.push(user);
  finds(ledger, stored, /^id 5 of round 2 is not above 9, /);
});

test('the check finds an address that is accepted twice', () => {
  const { ledger, stored } = twoRounds();
  const user = { ...(stored[0] as SeenUser), userId: 5 };
  ledger.acknowledged.push({ round: 2, user });
  stored.push(user);
  assert.deepEqual(findViolations(ledger, stored), [
    `${user.contactEmail} was acknowledged twice, the second time in round 2`,
    `${user.contactEmail} is in the file twice`,
  ]);
});

test('the check finds an id that is in the file twice', () => {
  const { ledger, stored } = twoRounds();
  stored.push({ userId: 4, ...ledger.nextUser() });
  const violations = findViolations(ledger, stored);
  assert.ok(violations.includes('id 4 is in the file twice'), violations.join('\n'));
});

test('the check finds a user that no client sent', () => {
  const { ledger, stored } = twoRounds();
  stored.push({ userId: 5, firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' });
  finds(ledger, stored, /"john.doe@example.com"\} is in the file and was never sent$/);
});
