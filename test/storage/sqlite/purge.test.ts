import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../../src/domain/store.ts';
import type { Task } from '../../../src/domain/tasks.ts';
import { NoSuchUser, type User } from '../../../src/domain/users.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { ACTOR, created } from '../../support/created.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

const STORE = new URL('../../../src/storage/sqlite/sqlite-store.ts', import.meta.url);

/** More than are deleted at once, and more than twice what is purged at once. */
const MANY = 40;

const ADDRESS = { contactEmail: 'a@example.com', contactEmailKey: 'a@example.com' };
const NAMES = { firstName: 'A', lastName: 'B' };
const TASK = {
  ...{ taskTitle: 'Write', taskDescription: null, taskStatus: 'BLOCKED' as const, warningOffset: 0 },
  ...{ dueDate: '2026-03-01T12:00:00Z', dueAt: 1_772_366_400_000_000n },
};
const ALL_USERS = {
  ...{ filter: {}, from: { offset: 0 }, limit: 100, count: true },
  sort: [{ field: 'userId' as const, descending: false }],
};
const ALL_TASKS = { ...ALL_USERS, sort: [{ field: 'taskId' as const, descending: false }] };

function open(t: TestContext, file: string): Store {
  const store = openSqliteStore({ file, clock: () => 0 });
  t.after(() => store.close());
  return store;
}

/** A look into the file itself, past everything that hides what is deleted. */
function look(file: string): { tasks: number; softDeleted: number } {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  const count = (sql: string) => Number(db.prepare(sql).get()?.n);
  const seen = {
    tasks: count('SELECT count(*) AS n FROM tasks'),
    softDeleted: count('SELECT count(*) AS n FROM users WHERE deleted = 1'),
  };
  db.close();
  return seen;
}

async function createWithTasks(store: Store, count: number): Promise<{ user: User; tasks: Task[] }> {
  const user = created(await store.users.create({ ...NAMES, ...ADDRESS }, ACTOR));
  const tasks = Array.from({ length: count }, () => store.tasks.create({ userId: user.userId, ...TASK }, ACTOR));
  return { user, tasks: (await Promise.all(tasks)).map((task) => created(task)) };
}

/** Neither the user nor any of the tasks is there, in whatever way one asks. */
async function assertGone(store: Store, { user, tasks }: { user: User; tasks: Task[] }): Promise<void> {
  const { userId } = user;
  assert.equal(await store.users.get(userId), undefined);
  assert.deepEqual(await store.users.list(ALL_USERS), { items: [], more: false, total: 0 });
  assert.deepEqual(await store.tasks.list(ALL_TASKS), { items: [], more: false, total: 0 });
  for (const filter of [{ userId }, { taskStatus: 'BLOCKED' as const }, { updatedSince: 0 }]) {
    assert.deepEqual((await store.tasks.list({ ...ALL_TASKS, filter, count: false })).items, []);
  }
  for (const { taskId } of tasks) assert.equal(await store.tasks.get(taskId), undefined);
}

/** Fulfilled when nothing is left of any deleted user. `meanwhile` is called again and again until then. */
async function purged(file: string, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  const isPurged = async () => {
    const { tasks, softDeleted } = look(file);
    if (softDeleted === 0) {
      assert.equal(tasks, 0);
      return true;
    }
    await meanwhile();
    return false;
  };
  await waitFor(isPurged, { message: 'rows of deleted users remain' });
}

test('a purge continues in the next process after a close', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const first = openSqliteStore({ file, clock: () => 0 });
  const deleted = await createWithTasks(first, MANY);
  assert.equal(await first.users.delete(deleted.user.userId, ACTOR), true);
  await first.close();
  const left = look(file);
  assert.equal(left.softDeleted, 1);
  // The first step of the purge may have run before the store was closed.
  assert.ok(left.tasks > MANY / 2, String(left.tasks));

  const second = open(t, file);
  await assertGone(second, deleted);
  await purged(file, () => assertGone(second, deleted));
  await assertGone(second, deleted);
});

test('a purge continues in the next process after a kill', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const program = `
    const { openSqliteStore } = await import(${JSON.stringify(STORE.href)});
    const store = openSqliteStore({ file: ${JSON.stringify(file)}, clock: () => 0 });
    const { item: { userId } } = await store.users.create(${JSON.stringify({ ...NAMES, ...ADDRESS })}, ${JSON.stringify(ACTOR)});
    const task = { ...${JSON.stringify({ ...TASK, dueAt: null })}, userId, dueAt: ${TASK.dueAt}n };
    await Promise.all(Array.from({ length: ${MANY} }, () => store.tasks.create(task, ${JSON.stringify(ACTOR)})));
    await store.users.delete(userId, ${JSON.stringify(ACTOR)});
    process.kill(process.pid, 'SIGKILL');
  `;
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(signal, 'SIGKILL', stderr);

  const deleted = {
    user: { userId: 1 } as User,
    tasks: Array.from({ length: MANY }, (_, i) => ({ taskId: i + 1 }) as Task),
  };
  const left = look(file);
  assert.equal(left.softDeleted, 1);
  // The first step of the purge may have run before the store was closed.
  assert.ok(left.tasks > MANY / 2, String(left.tasks));
  const store = open(t, file);
  await assertGone(store, deleted);
  await purged(file, () => assertGone(store, deleted));
  await assertGone(store, deleted);
});

test('tasks to be purged are invisible in every process', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const store = open(t, file);
  const other = open(t, file);
  const deleted = await createWithTasks(store, 10 * MANY);
  assert.equal((await other.tasks.list(ALL_TASKS)).total, 10 * MANY);
  await store.users.delete(deleted.user.userId, ACTOR);
  let looks = 0;
  await purged(file, async () => {
    looks++;
    await assertGone(store, deleted);
    await assertGone(other, deleted);
  });
  assert.ok(looks > 1, `${looks} looks`);
});

test('during a purge, a lookup by address does not wait behind long lists', async (t) => {
  const store = open(t, join(tempFolder(t), 'test.db'));
  const { user } = await createWithTasks(store, MANY);
  await store.users.delete(user.userId, ACTOR);
  const { userId } = created(await store.users.create({ ...NAMES, ...ADDRESS }, ACTOR));
  // As many as may wait.
  const lists = Array.from({ length: 64 }, () => store.tasks.list(ALL_TASKS));
  const filter = { contactEmailKey: ADDRESS.contactEmailKey };
  const { items } = await store.users.list({ ...ALL_USERS, filter, count: false });
  assert.deepEqual(
    items.map((found) => found.userId),
    [userId],
  );
  await Promise.all(lists);
});

test('a soft-deleted user cannot get tasks, be updated or be deleted again', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const store = openSqliteStore({ file, clock: () => 0 });
  const { user, tasks } = await createWithTasks(store, MANY);
  const { userId } = user;
  // All in one group, so that nothing can be purged in between.
  const [deleted, again, changed, task, moved, gone, successor] = await Promise.all([
    store.users.delete(userId, ACTOR),
    store.users.delete(userId, ACTOR),
    store.users.update(userId, { firstName: 'C' }, ACTOR),
    store.tasks.create({ userId, ...TASK }, ACTOR),
    store.tasks.update(tasks[0]?.taskId as number, { taskTitle: 'Read' }, ACTOR),
    store.tasks.delete(tasks[1]?.taskId as number, ACTOR),
    store.users.create({ ...NAMES, ...ADDRESS }, ACTOR),
  ]);
  assert.deepEqual(
    [deleted, again, changed, task, moved, gone],
    [true, false, undefined, NoSuchUser, undefined, false],
  );
  // The address was free at once.
  assert.deepEqual(created(successor), { userId: userId + 1, ...NAMES, contactEmail: 'a@example.com', version: 1 });
  const own = created(await store.tasks.create({ userId: userId + 1, ...TASK }, ACTOR));
  assert.equal(await store.tasks.update(own.taskId, { userId }, ACTOR), NoSuchUser);
  assert.deepEqual((await store.tasks.list(ALL_TASKS)).items, [own]);
  await store.close();
});

test('the purge removes every soft-deleted user and nothing of other users', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const store = open(t, file);
  const kept = created(
    await store.users.create({ ...NAMES, contactEmail: 'k@example.com', contactEmailKey: 'k' }, ACTOR),
  );
  const users: User[] = [];
  for (let i = 0; i < 3; i++) {
    const { user } = await createWithTasks(store, MANY);
    users.push(user);
    // The same address again and again, each time free at once.
    assert.equal(await store.users.delete(user.userId, ACTOR), true);
  }
  await purged(file);
  assert.deepEqual((await store.users.list(ALL_USERS)).items, [kept]);
  assert.equal(new Set(users.map(({ userId }) => userId)).size, 3);
});

for (const [count, softDeleted] of [
  [16, 0],
  [17, 1],
] as const) {
  test(`a user with ${count} tasks is ${softDeleted ? 'soft-deleted' : 'deleted with them at once'}`, async (t) => {
    const file = join(tempFolder(t), 'test.db');
    const store = openSqliteStore({ file, clock: () => 0 });
    const { user } = await createWithTasks(store, count);
    await store.users.delete(user.userId, ACTOR);
    await store.close();
    const left = look(file);
    assert.equal(left.softDeleted, softDeleted);
    // The first step of the purge may have run before the store was closed.
    assert.ok(softDeleted ? left.tasks > 0 : left.tasks === 0, String(left.tasks));
  });
}
