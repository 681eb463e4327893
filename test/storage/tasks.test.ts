import assert from 'node:assert/strict';
import { VersionMismatch } from '../../src/domain/outcomes.ts';
import type { NewTask } from '../../src/domain/tasks.ts';
import { NoSuchUser } from '../../src/domain/users.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { createTask, createUser, newStore, newTask, newUser, tasksOf } from './new-records.ts';

/** An id that no row gets. */
const UNUSED_ID = Number.MAX_SAFE_INTEGER;

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
