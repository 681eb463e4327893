import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { testApp } from '../support/app.ts';
import { assertRejected } from '../support/assert-rejected.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';

const NAMES = ['Ada Lovelace', 'Ada Byron', 'ada Byron', 'Grace Hopper', 'Zo\u00eb Byron', 'Zoe\u0308 Byron'];

/** An application with users of these names. */
async function withUsers(t: TestContext) {
  const app = await testApp(t);
  for (const [i, name] of NAMES.entries()) {
    const [firstName, lastName] = name.split(' ');
    await app.post('/users', { firstName, lastName, contactEmail: `user${i}@example.com` });
  }
  const get = (query: string, token?: string) => app.request({ url: `/users?${query}`, ...(token && { token }) });
  const ids = async (query: string, token?: string): Promise<number[]> => {
    return (await get(query, token)).json().users.map(({ userId }: { userId: number }) => userId);
  };
  return { ...app, get, ids };
}

testOnBothDatabases('firstName and lastName match exactly', async (t) => {
  const { ids } = await withUsers(t);
  assert.deepEqual(await ids('firstName=Ada'), [1, 2]);
  assert.deepEqual(await ids('lastName=Byron&_sort=-userId'), [6, 5, 3, 2]);
  assert.deepEqual(await ids('lastName=Byron&_sort=firstName'), [2, 6, 5, 3]);
  assert.deepEqual(await ids('firstName=Ada&lastName=Byron'), [2]);
  assert.deepEqual(await ids(`firstName=${encodeURIComponent('Zo\u00eb')}`), [5], 'Unicode forms differ');
  assert.deepEqual(await ids('firstName=Ad'), []);
  assert.deepEqual(await ids('lastName=Byron&contactEmail=USER2@example.com'), [3]);
});

testOnBothDatabases('a list of ids matches those that exist, and a user token only its own', async (t) => {
  const { ids, token } = await withUsers(t);
  assert.deepEqual(await ids('userId=4,2,999,2'), [2, 4]);
  assert.deepEqual(await ids('userId=1,2,3&_sort=-lastName'), [1, 3, 2]);
  assert.deepEqual(await ids('userId=1,2,3&firstName=Ada&contactEmail=user1@example.com'), [2]);
  const own = await token({ scopes: ['users:read'], userId: 3 });
  assert.deepEqual(await ids('', own), [3]);
  assert.deepEqual(await ids('userId=1,3', own), [3]);
  assert.deepEqual(await ids('userId=1,2', own), []);
  assert.deepEqual(await ids('firstName=Ada', own), []);
});

testOnBothDatabases('GET /users rejects invalid filters', async (t) => {
  const { get } = await withUsers(t);
  const invalid = (field: string, value: string, allowed: string) => ({
    message: `The \`${field}\` value '${value}' is not valid. It must be ${allowed}.`,
    details: [[field, 'Invalid value', 'query'] as [string, string, string]],
  });
  const integer = 'an integer between 1 and 9007199254740991';
  const many = Array.from({ length: 101 }, (_, i) => i + 1).join(',');
  assertRejected(await get('userId=1,x'), invalid('userId', 'x', integer));
  assertRejected(await get('userId=1,,2'), invalid('userId', '', integer));
  assertRejected(await get('userId='), invalid('userId', '', integer));
  assertRejected(await get('userId=1,9007199254740993'), invalid('userId', '9007199254740993', integer));
  assertRejected(await get(`userId=${many}`), invalid('userId', many.slice(0, 100), 'a list of at most 100 values'));
  assertRejected(await get('firstName='), invalid('firstName', '', 'between 1 and 100 characters'));
  assertRejected(await get('userId=1&userId=2'), {
    message: 'The parameter `userId` must be given once',
    details: [['userId', 'Invalid value', 'query']],
  });
});
