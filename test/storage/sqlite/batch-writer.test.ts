import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { isRejected } from '../../../src/domain/batches.ts';
import { StoreBusy, StoreUnavailable } from '../../../src/domain/outcomes.ts';
import type { Store } from '../../../src/domain/store.ts';
import type { Task } from '../../../src/domain/tasks.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { WriteQueue } from '../../../src/storage/sqlite/write-queue.ts';
import { ACTOR, created } from '../../support/created.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { newTask } from '../new-records.ts';

const clock = () => 1_700_000_000_000;
const OPTIONS = { ...ACTOR, lenient: false };

function newUser(name: string) {
  const contactEmail = `${name}@example.com`;
  return { firstName: name, lastName: 'Doe', contactEmail, contactEmailKey: contactEmail };
}

function newUsers(name: string, count: number) {
  return Array.from({ length: count }, (_, i) => newUser(`${name}${i}`));
}

function newStore(t: TestContext): { file: string; store: Store } {
  const file = join(tempFolder(t), 'data', 'test.db');
  const store = openSqliteStore({ file, clock });
  return { file, store };
}

test('while a batch waits for the lock of another process, reads continue and writes wait', async (t) => {
  const { file, store } = newStore(t);
  const { userId } = created(await store.users.create(newUser('ann'), ACTOR));
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const batch = store.users.createBatch(newUsers('bob', 10), OPTIONS);
  const write = store.users.create(newUser('eve'), ACTOR);
  assert.equal((await store.users.get(userId))?.firstName, 'ann');
  other.exec('COMMIT');
  other.close();
  const result = await batch;
  assert.ok(typeof result !== 'symbol' && !result.outcomes.some(isRejected));
  assert.equal(created(await write).firstName, 'eve');
  await store.close();
});

test('a write that waits for a batch is stored before the next batch', async (t) => {
  const { store } = newStore(t);
  const order: string[] = [];
  const batches = Array.from({ length: 4 }, async (_, i) => {
    await store.users.createBatch(newUsers(`batch${i}-`, 200), OPTIONS);
    order.push('batch');
    if (i === 0) store.users.create(newUser('ann'), ACTOR).then(() => order.push('write'));
  });
  await Promise.all(batches);
  assert.ok(order.indexOf('write') < order.lastIndexOf('batch'), order.join());
  await store.close();
});

test('64 batches can wait; one more is rejected', async (t) => {
  const { store } = newStore(t);
  const batches = Array.from({ length: 66 }, (_, i) => store.users.createBatch([newUser(`ann${i}`)], OPTIONS));
  const results = await Promise.allSettled(batches);
  assert.deepEqual(
    results.flatMap((result, i) => (result.status === 'rejected' ? [[i, result.reason instanceof StoreBusy]] : [])),
    [[65, true]],
  );
  await store.close();
});

test('a batch is rejected after the database file was deleted', async (t) => {
  const { file, store } = newStore(t);
  await store.users.createBatch([newUser('ann')], OPTIONS);
  rmSync(file);
  await assert.rejects(store.users.createBatch([newUser('bob')], OPTIONS), StoreUnavailable);
  await store.close();
});

test('the words of a batch of tasks, and of a group of single ones, are written together', async (t) => {
  const { file, store } = newStore(t);
  t.after(() => store.close());
  const { userId } = created(await store.users.create(newUser('ann'), ACTOR));
  const other = new DatabaseSync(file);
  t.after(() => other.close());
  const newTasks = (title: string) =>
    Array.from({ length: 10 }, (_, i) => newTask(userId, { taskTitle: `${title} ${i}` }));
  const segments = other.prepare('SELECT count(DISTINCT segid) AS count FROM task_search_idx');
  assert.equal(segments.get()?.count, 0);
  const batch = await store.tasks.createBatch(newTasks('one'), OPTIONS);
  assert.equal(segments.get()?.count, 1);
  await Promise.all(newTasks('two').map((task) => store.tasks.create(task, ACTOR)));
  assert.equal(segments.get()?.count, 2);
  assert.ok(typeof batch !== 'symbol');
  const updates = batch.outcomes.map((task) => ({
    taskId: (task as Task).taskId,
    changes: { taskTitle: 'three', taskStatus: 'COMPLETED' as const },
  }));
  await store.tasks.updateBatch(updates, OPTIONS);
  assert.equal(segments.get()?.count, 3);
});

test('closing the store waits for batches', async (t) => {
  const { file, store } = newStore(t);
  const batches = ['ann', 'bob'].map((name) => store.users.createBatch(newUsers(name, 100), OPTIONS));
  await store.close();
  await Promise.all(batches);
  const db = new DatabaseSync(file);
  assert.deepEqual({ ...db.prepare('SELECT count(*) AS count FROM users').get() }, { count: 200 });
  db.close();
});

test('writes that were paused twice start when both have ended', async () => {
  const started: string[] = [];
  const queue = new WriteQueue(new DatabaseSync(':memory:'), {
    ...{ maxWaiting: 10, maxGroup: 10, lockTimeoutMs: 1_000, timeoutMs: 1_000 },
    sync: () => undefined,
  });
  await queue.pause();
  await queue.pause();
  const write = queue.run(() => started.push('write'));
  queue.resume();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(started, [], 'it was paused twice');
  queue.resume();
  await write;
  assert.deepEqual(started, ['write']);
});
