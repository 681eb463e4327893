import assert from 'node:assert/strict';
import type { TaskFilter } from '../../src/domain/tasks.ts';
import { NoSuchUser } from '../../src/domain/users.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import {
  ALL_TASKS,
  ALL_USERS,
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

/** From one task up to more than a user may have to be deleted in one go, on any engine. */
const TASK_COUNTS = [0, 1, 16, 17, 40];

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
        const filters: TaskFilter[] = [{}, { userId: kept.userId }, { taskStatuses: ['BLOCKED'] }, { updatedSince: 0 }];
        for (const filter of filters) {
          const page = await observer.tasks.list({ ...ALL_TASKS, filter, count: true });
          assert.deepEqual(page, { items: [keptTask], ...whole });
        }
        assert.deepEqual(await tasksOf(observer, { userId }), []);
        assert.deepEqual(await usersOf(observer, { userIds: [userId] }), []);
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
