import assert from 'node:assert/strict';
import { EmailTaken, type NewUser } from '../../src/domain/users.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import {
  comparable,
  createTask,
  createToken,
  createUser,
  newStore,
  newTask,
  newToken,
  newUser,
  tasksOf,
  tokensOf,
  usersOf,
} from './new-records.ts';

/** An id that no row gets. */
const UNUSED_ID = Number.MAX_SAFE_INTEGER;

/** Texts that a database might change: any Unicode but U+0000 is kept as it is. */
const TEXTS = [
  'Zoë',
  'Zoe\u0308',
  '  ',
  '\r\n\t\u0001',
  "'; DROP TABLE users; --",
  '\\',
  '\u{10ffff}\uffff',
  '?$1:a@b',
];

testOnBothDatabases('a created user has version 1 and is returned by reads', async (t) => {
  const { store } = await newStore(t);
  const { contactEmailKey, ...sent } = newUser(1);
  const user = await createUser(store, { ...sent, contactEmailKey });
  assert.deepEqual(user, { userId: user.userId, ...sent, version: 1 });
  assert.ok(Number.isSafeInteger(user.userId) && user.userId > 0);
  assert.deepEqual(await store.users.get(user.userId), user);
  assert.deepEqual(await usersOf(store), [user]);
});

testOnBothDatabases('texts are stored unchanged', async (t) => {
  const { store } = await newStore(t);
  for (const [n, text] of TEXTS.entries()) {
    const user = await createUser(store, newUser(n, { firstName: text, lastName: text, contactEmail: text }));
    assert.deepEqual([user.firstName, user.lastName, user.contactEmail], [text, text, text]);
    assert.deepEqual(await store.users.get(user.userId), user);
    const task = await createTask(store, newTask(user.userId, { taskTitle: text, taskDescription: text }));
    assert.deepEqual([task.taskTitle, task.taskDescription], [text, text]);
    assert.deepEqual(await store.tasks.get(task.taskId), task);
    const token = await createToken(store, newToken({ name: text, plan: text }));
    assert.deepEqual(comparable(await store.tokens.get(token.tokenId)), comparable(token));
  }
});

testOnBothDatabases('an address belongs to one user in any spelling', async (t) => {
  const { store } = await newStore(t);
  const user = await createUser(store, newUser(1));
  assert.equal(await store.users.create(newUser(1), ACTOR), EmailTaken);
  assert.equal(await store.users.create(newUser(1, { contactEmail: 'other@example.com' }), ACTOR), EmailTaken);
  const spelt = await createUser(store, newUser(2, { contactEmail: user.contactEmail }));
  assert.deepEqual(await usersOf(store), [user, spelt]);
});

testOnBothDatabases(
  'of concurrent users with the same address, the first is created and the others get EmailTaken',
  async (t) => {
    const { store } = await newStore(t);
    const outcomes = await Promise.all([1, 2, 1, 3, 1, 2].map((n) => store.users.create(newUser(n), ACTOR)));
    assert.deepEqual(
      outcomes.map((outcome) => outcome === EmailTaken),
      [false, false, true, false, true, true],
    );
    for (const outcome of outcomes) {
      if (outcome === EmailTaken) continue;
      const user = created(outcome);
      assert.deepEqual(await store.users.get(user.userId), user);
    }
  },
);

testOnBothDatabases('two processes that create the same addresses in opposite order do not deadlock', async (t) => {
  const { store, open } = await newStore(t);
  const other = open();
  for (let round = 0; round < 5; round++) {
    const users = Array.from({ length: 100 }, (_, i) => newUser(round * 100 + i));
    const [first, second] = await Promise.all([
      Promise.all(users.map((user) => store.users.create(user, ACTOR))),
      Promise.all(users.toReversed().map((user) => other.users.create(user, ACTOR))),
    ]);
    const mine = first.map((outcome) => outcome !== EmailTaken);
    const theirs = second.toReversed().map((outcome) => outcome !== EmailTaken);
    assert.deepEqual(
      mine.map((won, i) => won !== theirs[i]),
      users.map(() => true),
    );
  }
});

testOnBothDatabases('a missing resource is undefined and cannot be deleted or revoked', async (t) => {
  const { store } = await newStore(t);
  for (const id of [1, UNUSED_ID]) {
    assert.equal(await store.users.get(id), undefined);
    assert.equal(await store.users.update(id, { firstName: 'X' }, ACTOR), undefined);
    assert.equal(await store.users.delete(id, ACTOR), false);
    assert.equal(await store.tasks.get(id), undefined);
    assert.equal(await store.tasks.update(id, { taskTitle: 'X' }, ACTOR), undefined);
    assert.equal(await store.tasks.delete(id, ACTOR), false);
    assert.equal(await store.tokens.get(id), undefined);
    assert.equal(await store.tokens.revoke(id, ACTOR), false);
  }
});

testOnBothDatabases('an update of a user changes the given fields and increments the version', async (t) => {
  const { store } = await newStore(t);
  const other = await createUser(store, newUser(2));
  let expected = await createUser(store, newUser(1));
  for (const changes of [
    { firstName: 'Jane' },
    { lastName: 'Roe' },
    { contactEmail: 'jane@example.com', contactEmailKey: 'jane@example.com' },
    newUser(3, { firstName: 'Jim' }),
  ]) {
    const { contactEmailKey, ...shown } = changes as Partial<NewUser>;
    expected = { ...expected, ...shown, version: expected.version + 1 };
    assert.deepEqual(await store.users.update(expected.userId, changes, ACTOR), expected);
    assert.deepEqual(await store.users.get(expected.userId), expected);
  }
  assert.equal(expected.version, 5);
  assert.deepEqual(await store.users.get(other.userId), other);
});

testOnBothDatabases('an update without a change keeps the version and does not match updatedSince', async (t) => {
  const { store, clock } = await newStore(t);
  const user = await createUser(store, newUser(1));
  const task = await createTask(store, newTask(user.userId));
  const described = await createTask(store, newTask(user.userId, { taskDescription: 'x' }));
  clock.now += 1000;
  const since = { updatedSince: clock.now };
  for (const changes of [{}, { firstName: user.firstName }, newUser(1)]) {
    assert.deepEqual(await store.users.update(user.userId, changes, ACTOR), user);
  }
  for (const changes of [{}, { taskDescription: null }, newTask(user.userId)]) {
    assert.deepEqual(await store.tasks.update(task.taskId, changes, ACTOR), task);
  }
  assert.deepEqual(await store.tasks.update(described.taskId, { taskDescription: 'x' }, ACTOR), described);
  assert.deepEqual([await usersOf(store, since), await tasksOf(store, since)], [[], []]);
  const changed = await store.users.update(user.userId, { firstName: 'Jane' }, ACTOR);
  const changedTask = await store.tasks.update(task.taskId, { warningOffset: 6 }, ACTOR);
  assert.deepEqual([await usersOf(store, since), await tasksOf(store, since)], [[changed], [changedTask]]);
});

testOnBothDatabases(
  'an update with another user’s address changes nothing; another spelling of the own address is a change',
  async (t) => {
    const { store } = await newStore(t);
    const [john, jane] = [await createUser(store, newUser(1)), await createUser(store, newUser(2))];
    assert.equal(await store.users.update(jane.userId, { ...newUser(1), firstName: 'X' }, ACTOR), EmailTaken);
    assert.deepEqual(await store.users.get(jane.userId), jane);
    const shouted = newUser(2, { contactEmail: 'USER2@EXAMPLE.COM' });
    assert.deepEqual(await store.users.update(jane.userId, shouted, ACTOR), {
      ...jane,
      ...{ contactEmail: 'USER2@EXAMPLE.COM', version: 2 },
    });
    // What was given up is free, and what was taken is not.
    await store.users.update(jane.userId, newUser(3), ACTOR);
    assert.equal(await store.users.create(newUser(3), ACTOR), EmailTaken);
    assert.equal(await store.users.update(john.userId, newUser(3), ACTOR), EmailTaken);
    const heir = await createUser(store, newUser(2));
    assert.deepEqual(await usersOf(store, { contactEmailKey: 'user2@example.com' }), [heir]);
  },
);

testOnBothDatabases('ids increase and are never reused, also after a restart', async (t) => {
  const { store: other, openToClose } = await newStore(t);
  const { userId } = await createUser(other, newUser(0));
  let [lastUser, lastTask, lastToken] = [userId, 0, 0];
  for (let round = 1; round <= 3; round++) {
    const store = openToClose();
    const user = await createUser(store, newUser(round));
    const task = await createTask(store, newTask(userId));
    const token = await createToken(store, newToken({ userId: user.userId }));
    assert.ok(user.userId > lastUser && task.taskId > lastTask && token.tokenId > lastToken);
    [lastUser, lastTask, lastToken] = [user.userId, task.taskId, token.tokenId];
    // The newest of each, whose id is the one that would come again.
    await store.tasks.delete(task.taskId, ACTOR);
    await store.users.delete(user.userId, ACTOR);
    await store.close();
  }
});

testOnBothDatabases('ping succeeds until the store is closed', async (t) => {
  const { openToClose } = await newStore(t);
  const store = openToClose();
  await store.ping();
  await store.close();
  await assert.rejects(store.ping());
  await assert.rejects(store.users.get(1));
});

testOnBothDatabases('close waits for writes in flight, which are kept', async (t) => {
  const { store: other, openToClose } = await newStore(t);
  const owner = await createUser(other, newUser(0));
  const store = openToClose();
  const idempotencyKey = { key: new Uint8Array(32).fill(1), requestHash: new Uint8Array(32).fill(2) };
  const writes = [
    ...Array.from({ length: 50 }, (_, i) => store.users.create(newUser(i + 1), ACTOR)),
    ...Array.from({ length: 50 }, () => store.tasks.create(newTask(owner.userId), ACTOR)),
    store.users.update(owner.userId, { firstName: 'Jane' }, ACTOR),
    store.tokens.create(newToken(), ACTOR),
    // With one key, so that they go one after another.
    ...Array.from({ length: 5 }, () => store.tasks.create(newTask(owner.userId), { ...ACTOR, idempotencyKey })),
  ];
  let fulfilled = 0;
  for (const write of writes) write.then(() => fulfilled++);
  await store.close();
  assert.equal(fulfilled, writes.length);
  await Promise.all(writes);
  assert.equal((await usersOf(other)).length, 51);
  assert.equal((await tasksOf(other)).length, 51);
  assert.equal((await other.users.get(owner.userId))?.firstName, 'Jane');
  assert.equal((await tokensOf(other)).length, 1);
});

testOnBothDatabases('a process reads what another wrote', async (t) => {
  const { store, open } = await newStore(t);
  const other = open();
  const user = await createUser(store, newUser(1));
  assert.deepEqual(await other.users.get(user.userId), user);
  assert.equal(await other.users.create(newUser(1), ACTOR), EmailTaken);
  const task = await createTask(other, newTask(user.userId));
  assert.deepEqual(await tasksOf(store), [task]);
});
