import assert from 'node:assert/strict';
import type { Token } from '../../src/domain/tokens.ts';
import { NoSuchUser } from '../../src/domain/users.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR } from '../support/created.ts';
import { comparable, createToken, createUser, newStore, newToken, newUser, tokensOf } from './new-records.ts';

/** An id that no row gets. */
const UNUSED_ID = Number.MAX_SAFE_INTEGER;

testOnBothDatabases('a token is returned by its id and in the list, which is sorted by id', async (t) => {
  const { store } = await newStore(t);
  const { userId } = await createUser(store, newUser(1));
  const tokens: Token[] = [];
  for (const token of [
    newToken(),
    newToken({ name: 'bound', userId, scopes: ['admin'], plan: 'enterprise' }),
    newToken({ name: 'expired long ago', createdAt: 0, expiresAt: 1, secretHash: new Uint8Array(32) }),
    newToken({ name: 'revoked', expiresAt: 253_402_300_799_999 }),
  ]) {
    const issued = await createToken(store, token);
    const unused = { revokedAt: null, lastUsedAt: null, previousSecret: null };
    assert.deepEqual(comparable(issued), comparable({ ...token, tokenId: issued.tokenId, ...unused }));
    assert.deepEqual(comparable(await store.tokens.get(issued.tokenId)), comparable(issued));
    tokens.push(issued);
  }
  const revoked = tokens.at(-1) as Token;
  assert.equal(await store.tokens.revoke(revoked.tokenId, ACTOR), true);
  revoked.revokedAt = 1_700_000_000_000;
  assert.deepEqual((await tokensOf(store)).map(comparable), tokens.map(comparable));
});

testOnBothDatabases('a token can be revoked once, and keeps its revocation time', async (t) => {
  const { store, clock } = await newStore(t);
  const token = await createToken(store, newToken());
  const revokedAt = clock.now;
  assert.equal(await store.tokens.revoke(token.tokenId, ACTOR), true);
  clock.now += 1;
  assert.equal(await store.tokens.revoke(token.tokenId, ACTOR), false);
  assert.deepEqual(comparable(await store.tokens.get(token.tokenId)), comparable({ ...token, revokedAt }));
});

testOnBothDatabases('a rotated token has the new secret, and the old one until it expires', async (t) => {
  const { store } = await newStore(t);
  const token = await createToken(store, newToken());
  const rotation = { secretHash: new Uint8Array(32).fill(1), previousValidUntil: 5 };
  assert.equal(await store.tokens.rotate(token.tokenId, rotation, ACTOR), true);
  const rotated = (await store.tokens.get(token.tokenId)) as Token;
  assert.equal(comparable(rotated)?.secretHash, '01'.repeat(32));
  assert.equal(Buffer.from(rotated.previousSecret?.hash ?? []).toString('hex'), 'ff'.repeat(32));
  assert.equal(rotated.previousSecret?.validUntil, 5);
  await store.tokens.revoke(token.tokenId, ACTOR);
  assert.equal(await store.tokens.rotate(token.tokenId, rotation, ACTOR), false);
  assert.equal(await store.tokens.rotate(UNUSED_ID, rotation, ACTOR), false);
});

testOnBothDatabases('the last use of a token is recorded to the minute', async (t) => {
  const { store, clock } = await newStore(t);
  const { tokenId } = await createToken(store, newToken());
  const start = clock.now;
  for (const [later, recorded] of [
    [0, 0],
    [59_999, 0],
    [60_000, 60_000],
    [119_999, 60_000],
  ] as const) {
    clock.now = start + later;
    await store.tokens.recordUse(tokenId);
    assert.equal((await store.tokens.get(tokenId))?.lastUsedAt, start + recorded);
  }
  await store.tokens.recordUse(UNUSED_ID);
});

testOnBothDatabases('a user token needs an existing user', async (t) => {
  const { store } = await newStore(t);
  assert.equal(await store.tokens.create(newToken({ userId: UNUSED_ID }), ACTOR), NoSuchUser);
  assert.deepEqual(await tokensOf(store), []);
});
