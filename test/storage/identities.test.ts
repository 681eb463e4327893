import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { JOHN } from '../support/examples.ts';
import { newDatabase } from '../support/stores.ts';

const KEY = JOHN.contactEmail;

testOnBothDatabases(
  'a user bound to a subject of an earlier issuer can be bound again, unless a user token set the address',
  async (t) => {
    const { open } = await newDatabase(t, () => 0);
    const store = open();
    const { userId } = created(await store.users.create({ ...JOHN, contactEmailKey: KEY }, ACTOR));
    const former = { issuer: 'https://former.example', subject: 'jwt:1' };
    const present = { issuer: 'https://present.example', subject: 'jwt:2' };
    assert.equal((await store.identities.find(KEY, former))?.belongsTo, 'free');
    assert.equal((await store.identities.bind(KEY, former))?.belongsTo, 'own');
    assert.equal((await store.identities.find(KEY, present))?.belongsTo, 'free');
    assert.equal((await store.identities.bind(KEY, present))?.belongsTo, 'own');
    assert.equal((await store.identities.find(KEY, former))?.belongsTo, 'free');

    const byUser = { ...ACTOR, byUser: true };
    const key = 'new@example.com';
    await store.users.update(userId, { contactEmail: key, contactEmailKey: key }, byUser);
    assert.equal((await store.identities.bind(key, present))?.belongsTo, 'own');
    assert.equal((await store.identities.bind(key, former))?.belongsTo, 'set-by-user');
    assert.equal(await store.identities.find(KEY, present), undefined);
  },
);

testOnBothDatabases('a rejected address does not change the user’s identity', async (t) => {
  const { open } = await newDatabase(t, () => 0);
  const store = open();
  const { userId } = created(await store.users.create({ ...JOHN, contactEmailKey: KEY }, ACTOR));
  const taken = { contactEmail: 'taken@example.com', contactEmailKey: 'taken@example.com' };
  created(await store.users.create({ ...JOHN, ...taken }, ACTOR));
  const subject = { issuer: 'https://id.example', subject: 'jwt:1' };
  await store.identities.bind(KEY, subject);
  for (const byUser of [true, false]) {
    assert.equal(typeof (await store.users.update(userId, taken, { ...ACTOR, byUser })), 'symbol');
    assert.equal((await store.identities.find(KEY, subject))?.belongsTo, 'own');
  }
  const other = { issuer: 'https://other.example', subject: 'jwt:2' };
  assert.equal((await store.identities.find(KEY, other))?.belongsTo, 'free');
});

testOnBothDatabases('deleting a user with many tasks deletes the identity at once', async (t) => {
  const { open, sql } = await newDatabase(t, () => 0);
  const store = open();
  const { userId } = created(await store.users.create({ ...JOHN, contactEmailKey: KEY }, ACTOR));
  const task = { taskTitle: 'x', taskDescription: null, taskStatus: 'BLOCKED' as const, warningOffset: 0 };
  for (let i = 0; i < 20; i++) {
    await store.tasks.create({ ...task, userId, dueDate: '2026-01-01T00:00:00Z', dueAt: 0n }, ACTOR);
  }
  const subject = { issuer: 'https://id.example', subject: 'jwt:1' };
  await store.identities.bind(KEY, subject);
  await store.users.delete(userId, ACTOR);
  assert.equal(await store.identities.find(KEY, subject), undefined);
  // Fails if there is a row.
  await sql('CREATE TABLE copied (x integer NOT NULL)');
  await sql('INSERT INTO copied SELECT NULL FROM user_identities');
  await sql('DROP TABLE copied');
});
