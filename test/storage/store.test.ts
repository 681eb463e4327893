import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { VersionMismatch } from '../../src/domain/outcomes.ts';
import type { Store } from '../../src/domain/store.ts';
import type { NewTask, Task, TaskQuery } from '../../src/domain/tasks.ts';
import type { NewToken, Token } from '../../src/domain/tokens.ts';
import { EmailTaken, type NewUser, NoSuchUser, type User, type UserQuery } from '../../src/domain/users.ts';
import { allTokens } from '../../src/tokens/all-tokens.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { newDatabase, type TestDatabase } from '../support/stores.ts';

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

/** From one task up to more than a user may have to be deleted in one go, on any engine. */
const TASK_COUNTS = [0, 1, 16, 17, 40];

async function newStore(t: TestContext): Promise<{ store: Store; clock: { now: number } } & TestDatabase> {
  const clock = { now: 1_700_000_000_000 };
  const database = await newDatabase(t, () => clock.now);
  return { ...database, store: database.open(), clock };
}

function newUser(n: number, more: Partial<NewUser> = {}): NewUser {
  return {
    ...{ firstName: 'John', lastName: 'Doe' },
    ...{ contactEmail: `User${n}@example.com`, contactEmailKey: `user${n}@example.com` },
    ...more,
  };
}

function newTask(userId: number, more: Partial<NewTask> = {}): NewTask {
  return {
    ...{ userId, taskTitle: 'Write', taskDescription: null, taskStatus: 'BLOCKED', warningOffset: 5 },
    ...{ dueDate: '2026-06-01T12:00:00Z', dueAt: 1_780_315_200_000_000n },
    ...more,
  };
}

function newToken(more: Partial<NewToken> = {}): NewToken {
  return {
    ...{ name: 'test', secretHash: new Uint8Array(32).fill(255), scopes: ['users:read', 'tasks:write'] },
    ...{ plan: 'basic', userId: null, createdAt: 1_700_000_000_000, expiresAt: null },
    ...more,
  };
}

async function createUser(store: Store, user: NewUser): Promise<User> {
  return created(await store.users.create(user, ACTOR));
}

async function createTask(store: Store, task: NewTask): Promise<Task> {
  return created(await store.tasks.create(task, ACTOR));
}

async function createToken(store: Store, token: NewToken): Promise<Token> {
  return created(await store.tokens.create(token, ACTOR));
}

/** Bytes may come as any kind of byte array. */
function comparable(token: Token | undefined): (Omit<Token, 'secretHash'> & { secretHash: string }) | undefined {
  return token && { ...token, secretHash: Buffer.from(token.secretHash).toString('hex') };
}

const ALL_USERS: UserQuery = {
  ...{ filter: {}, sort: [{ field: 'userId', descending: false }] },
  ...{ from: { offset: 0 }, limit: 1000, count: false },
};
const ALL_TASKS: TaskQuery = { ...ALL_USERS, filter: {}, sort: [{ field: 'taskId', descending: false }] };

const usersOf = async (store: Store, filter: UserQuery['filter'] = {}) =>
  (await store.users.list({ ...ALL_USERS, filter })).items;
const tasksOf = async (store: Store, filter: TaskQuery['filter'] = {}) =>
  (await store.tasks.list({ ...ALL_TASKS, filter })).items;

const tokensOf = (store: Store) => Array.fromAsync(allTokens(store));

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

testOnBothDatabases('a created task has version 1 and is returned by reads; the description is optional', async (t) => {
  const { store } = await newStore(t);
  const { userId } = await createUser(store, newUser(1));
  for (const taskDescription of [null, 'Buy milk']) {
    const { dueAt, ...sent } = newTask(userId, { taskDescription });
    const task = await createTask(store, { ...sent, dueAt });
    const { taskTitle, taskStatus, dueDate, warningOffset } = sent;
    const description = taskDescription === null ? {} : { taskDescription };
    const shown = { userId, taskTitle, ...description, taskStatus, dueDate, warningOffset };
    assert.deepEqual(task, { taskId: task.taskId, ...shown, version: 1 });
    assert.deepEqual(await store.tasks.get(task.taskId), task);
    assert.deepEqual((await tasksOf(store)).at(-1), task);
  }
});

testOnBothDatabases('of concurrent tasks, only those of missing users are rejected', async (t) => {
  const { store } = await newStore(t);
  const { userId } = await createUser(store, newUser(1));
  const owners = [userId, UNUSED_ID, userId, userId + 77];
  const outcomes = await Promise.all(
    owners.map((owner, n) => store.tasks.create(newTask(owner, { warningOffset: n }), ACTOR)),
  );
  assert.deepEqual(
    outcomes.map((outcome) => (outcome === NoSuchUser ? outcome : created(outcome).warningOffset)),
    [0, NoSuchUser, 2, NoSuchUser],
  );
  assert.deepEqual(
    await tasksOf(store),
    outcomes.filter((outcome) => outcome !== NoSuchUser).map((outcome) => created(outcome)),
  );
});

testOnBothDatabases('an update of a task changes the given fields and increments the version', async (t) => {
  const { store } = await newStore(t);
  const [john, jane] = [await createUser(store, newUser(1)), await createUser(store, newUser(2))];
  const other = await createTask(store, newTask(john.userId));
  let expected = await createTask(store, newTask(john.userId));
  for (const changes of [
    { taskTitle: 'Read' },
    { taskDescription: 'Slowly' },
    { taskDescription: null },
    { taskStatus: 'COMPLETED' },
    { dueDate: '2026-06-01T12:00:00.000001Z', dueAt: 1_780_315_200_000_001n },
    { warningOffset: 64_000 },
    { userId: jane.userId },
    newTask(john.userId, { taskDescription: 'All of it' }),
  ] satisfies Partial<NewTask>[]) {
    const { dueAt, taskDescription, ...shown } = changes as Partial<NewTask>;
    const { taskDescription: before, ...rest } = expected;
    const description = taskDescription === undefined ? (before ?? null) : taskDescription;
    expected = {
      ...{ ...rest, ...shown, version: expected.version + 1 },
      ...(description !== null && { taskDescription: description }),
    };
    assert.deepEqual(await store.tasks.update(expected.taskId, changes, ACTOR), expected);
    assert.deepEqual(await store.tasks.get(expected.taskId), expected);
  }
  assert.equal(expected.version, 9);
  assert.deepEqual(await store.tasks.get(other.taskId), other);
});

testOnBothDatabases('a task cannot be given to a missing user', async (t) => {
  const { store } = await newStore(t);
  const { userId } = await createUser(store, newUser(1));
  const gone = await createUser(store, newUser(2));
  await store.users.delete(gone.userId, ACTOR);
  const task = await createTask(store, newTask(userId));
  for (const owner of [gone.userId, UNUSED_ID]) {
    assert.equal(await store.tasks.update(task.taskId, { userId: owner, taskTitle: 'X' }, ACTOR), NoSuchUser);
  }
  assert.deepEqual(await store.tasks.get(task.taskId), task);
});

testOnBothDatabases('a task can be deleted once', async (t) => {
  const { store } = await newStore(t);
  const { userId } = await createUser(store, newUser(1));
  const [gone, kept] = [await createTask(store, newTask(userId)), await createTask(store, newTask(userId))];
  assert.equal(await store.tasks.delete(gone.taskId, ACTOR), true);
  assert.equal(await store.tasks.delete(gone.taskId, ACTOR), false);
  assert.equal(await store.tasks.get(gone.taskId), undefined);
  assert.equal(await store.tasks.update(gone.taskId, { taskTitle: 'X' }, ACTOR), undefined);
  assert.deepEqual(await tasksOf(store), [kept]);
});

for (const count of TASK_COUNTS) {
  testOnBothDatabases(
    `a deleted user with ${count} tasks and tokens is invisible at once in every process`,
    async (t) => {
      const { store, open } = await newStore(t);
      const kept = await createUser(store, newUser(1));
      const keptTask = await createTask(store, newTask(kept.userId));
      const keptToken = await createToken(store, newToken({ userId: kept.userId }));
      const { userId } = await createUser(store, newUser(2));
      const tasks = await Promise.all(Array.from({ length: count }, () => createTask(store, newTask(userId))));
      const token = await createToken(store, newToken({ userId }));

      assert.equal(await store.users.delete(userId, ACTOR), true);
      for (const observer of [store, open()]) {
        assert.equal(await observer.users.get(userId), undefined);
        assert.deepEqual((await tokensOf(observer)).map(comparable), [comparable(keptToken)]);
        assert.equal(await observer.tokens.get(token.tokenId), undefined);
        assert.equal(await observer.tokens.revoke(token.tokenId, ACTOR), false);
        for (const { taskId } of tasks) {
          assert.equal(await observer.tasks.get(taskId), undefined);
          assert.equal(await observer.tasks.delete(taskId, ACTOR), false);
          assert.equal(await observer.tasks.update(taskId, { userId: kept.userId }, ACTOR), undefined);
        }
        const whole = { more: false, total: 1 };
        assert.deepEqual(await observer.users.list({ ...ALL_USERS, count: true }), { items: [kept], ...whole });
        for (const filter of [{}, { userId: kept.userId }, { taskStatus: 'BLOCKED' }, { updatedSince: 0 }] as const) {
          const page = await observer.tasks.list({ ...ALL_TASKS, filter, count: true });
          assert.deepEqual(page, { items: [keptTask], ...whole });
        }
        assert.deepEqual(await tasksOf(observer, { userId }), []);
        assert.deepEqual(await usersOf(observer, { userId }), []);
        assert.deepEqual(await usersOf(observer, { contactEmailKey: newUser(2).contactEmailKey }), []);
        assert.equal(await observer.users.delete(userId, ACTOR), false);
        assert.equal(await observer.users.update(userId, { firstName: 'X' }, ACTOR), undefined);
        assert.equal(await observer.tasks.create(newTask(userId), ACTOR), NoSuchUser);
        assert.equal(await observer.tasks.update(keptTask.taskId, { userId }, ACTOR), NoSuchUser);
        assert.equal(await observer.tokens.create(newToken({ userId }), ACTOR), NoSuchUser);
      }
      // The address is free.
      assert.ok((await createUser(store, newUser(2))).userId > userId);
    },
  );
}

testOnBothDatabases('deleting a user while another process creates tasks leaves no task behind', async (t) => {
  const { store, open } = await newStore(t);
  const other = open();
  for (let round = 0; round < 10; round++) {
    const { userId } = await createUser(store, newUser(round));
    const [deleted, ...outcomes] = await Promise.all([
      other.users.delete(userId, ACTOR),
      ...Array.from({ length: 50 }, () => store.tasks.create(newTask(userId), ACTOR)),
    ]);
    assert.equal(deleted, true);
    for (const outcome of outcomes) {
      if (outcome !== NoSuchUser) assert.equal(await store.tasks.get(created(outcome).taskId), undefined);
    }
  }
  assert.deepEqual(await tasksOf(store), []);
});

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

testOnBothDatabases('a task with another version or owner than expected is not changed', async (t) => {
  const { store } = await newStore(t);
  const { userId } = await createUser(store, newUser(1));
  const task = await createTask(store, newTask(userId));
  for (const [options, outcome] of [
    [{ versions: [] }, VersionMismatch],
    [{ versions: [2, 3] }, VersionMismatch],
    [{ ownerId: userId + 1, versions: [1] }, undefined],
    [{ ownerId: userId + 1, versions: [2] }, undefined],
  ] as const) {
    assert.equal(await store.tasks.update(task.taskId, { taskTitle: 'X' }, { ...ACTOR, ...options }), outcome);
    assert.equal(await store.tasks.delete(task.taskId, { ...ACTOR, ...options }), outcome ?? false);
  }
  assert.equal(await store.users.update(userId, { firstName: 'X' }, { ...ACTOR, versions: [2] }), VersionMismatch);
  assert.equal(await store.users.delete(userId, { ...ACTOR, versions: [2] }), VersionMismatch);
  assert.deepEqual(await tasksOf(store), [task]);
  assert.equal(await store.tasks.delete(task.taskId, { ...ACTOR, ownerId: userId, versions: [4, 1] }), true);
  assert.equal(await store.users.delete(userId, { ...ACTOR, versions: [1] }), true);
});

testOnBothDatabases('a user token needs an existing user', async (t) => {
  const { store } = await newStore(t);
  assert.equal(await store.tokens.create(newToken({ userId: UNUSED_ID }), ACTOR), NoSuchUser);
  assert.deepEqual(await tokensOf(store), []);
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
