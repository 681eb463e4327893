import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../../src/domain/store.ts';
import type { UserQuery } from '../../../src/domain/users.ts';
import { LongListReader } from '../../../src/storage/sqlite/long-list-reader.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { ACTOR, created } from '../../support/created.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** A store with users of these addresses. */
async function withAddresses(t: TestContext, addresses: string[]): Promise<Store> {
  const store = openSqliteStore({ file: join(tempFolder(t), 'test.db'), clock: () => 0 });
  t.after(() => store.close());
  const user = { firstName: 'John', lastName: 'Doe' };
  await Promise.all(
    addresses.map(async (contactEmail) => {
      return created(
        await store.users.create({ ...user, contactEmail, contactEmailKey: contactEmail.toLowerCase() }, ACTOR),
      );
    }),
  );
  return store;
}

async function list(store: Store, query: Pick<UserQuery, 'from' | 'limit'>, descending = false): Promise<string[]> {
  const sort = [
    { field: 'contactEmail' as const, descending },
    { field: 'userId' as const, descending },
  ];
  const { items } = await store.users.list({ ...query, filter: {}, sort, count: false });
  return items.map(({ contactEmail }) => contactEmail);
}

const numbered = (count: number, form: (n: string) => string) =>
  Array.from({ length: count }, (_, i) => form(String(i).padStart(4, '0')));

test('users sorted by address are read on the main thread if many addresses are in lower case', async (t) => {
  const addresses = numbered(300, (n) => (Number(n) % 2 ? `user${n}@example.com` : `User${n}@example.com`));
  const store = await withAddresses(t, addresses);
  const read = t.mock.method(LongListReader.prototype, 'read');
  const sorted = addresses.toSorted();
  for (const descending of [false, true]) {
    const expected = descending ? sorted.toReversed() : sorted;
    assert.deepEqual(await list(store, { from: { offset: 0 }, limit: 20 }, descending), expected.slice(0, 20));
    assert.deepEqual(await list(store, { from: { offset: 140 }, limit: 20 }, descending), expected.slice(140, 160));
    const after = [expected[144] as string, descending ? 0 : 1000];
    assert.deepEqual(await list(store, { from: { after }, limit: 10 }, descending), expected.slice(145, 155));
  }
  assert.equal(read.mock.callCount(), 0);
});

test('users sorted by address are read in the list thread if few addresses are in lower case', async (t) => {
  const addresses = [...numbered(300, (n) => `User${n}@example.com`), 'zoe@example.com'];
  const store = await withAddresses(t, addresses);
  const read = t.mock.method(LongListReader.prototype, 'read');
  assert.deepEqual(await list(store, { from: { offset: 0 }, limit: 20 }), addresses.slice(0, 20));
  assert.deepEqual(await list(store, { from: { offset: 0 }, limit: 1 }, true), ['zoe@example.com']);
  assert.equal(read.mock.callCount(), 2);
  // Near the end there are few keys left to pass over.
  assert.deepEqual(await list(store, { from: { after: ['user0290@example.com', 1] }, limit: 2 }), ['zoe@example.com']);
  assert.equal(read.mock.callCount(), 2);
});
