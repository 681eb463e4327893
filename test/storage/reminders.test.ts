import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Change, EventsPruned } from '../../src/domain/changes.ts';
import type { Store } from '../../src/domain/store.ts';
import type { NewTask, TaskChanges } from '../../src/domain/tasks.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { newDatabase } from '../support/stores.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = 1_700_000_000_000;
const NONE = { reminded: 0, late: 0, dropped: 0 };

/** A due date so many milliseconds from the start. */
function due(after: number): Pick<NewTask, 'dueDate' | 'dueAt'> {
  return { dueDate: new Date(START + after).toISOString(), dueAt: BigInt(START + after) * 1000n };
}

/** A store with two users, and a clock to turn. */
async function newStore(t: TestContext) {
  const clock = { now: START };
  const { open } = await newDatabase(t, () => clock.now);
  const store = open();
  const userIds: number[] = [];
  for (const contactEmail of ['a@example.com', 'b@example.com']) {
    const user = { firstName: 'A', lastName: 'B', contactEmail, contactEmailKey: contactEmail };
    userIds.push(created(await store.users.create(user, ACTOR)).userId);
  }
  const [userId, otherId] = userIds as [number, number];
  const create = async (more: Partial<NewTask> = {}) => {
    const task: NewTask = {
      ...{ userId, taskTitle: 'Write', taskDescription: null, taskStatus: 'NOT_STARTED', warningOffset: 60 },
      ...due(DAY),
      ...more,
    };
    return created(await store.tasks.create(task, ACTOR));
  };
  const update = (taskId: number, changes: TaskChanges) => store.tasks.update(taskId, changes, ACTOR);
  /** How many are reminded of at a time after the start. */
  const remindAt = async (after: number) => {
    clock.now = START + after;
    return remindAll(store);
  };
  return { store, open, clock, userId, otherId, create, update, remindAt };
}

async function remindAll(store: Store): Promise<typeof NONE> {
  const total = { ...NONE };
  for (let more = true; more; ) {
    const some = await store.tasks.recordReminders();
    total.reminded += some.reminded;
    total.late += some.late;
    total.dropped += some.dropped;
    more = some.more;
    // What a store does that responds at once must not keep everything else from being done.
    await setImmediate();
  }
  return total;
}

async function remindersOf(store: Store): Promise<Change[]> {
  const reminders: Change[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await store.changes.read({ after, limit: 1000 });
    assert.ok(page !== EventsPruned);
    reminders.push(...page.changes.filter(({ type }) => type === 'task.reminder'));
    after = page.upTo;
    more = page.more;
  }
  return reminders;
}

testOnBothDatabases('a reminder is recorded once when it is due, and does not change the task', async (t) => {
  const { store, create, remindAt, clock } = await newStore(t);
  const texts = { taskTitle: '"Zoë" \u0001 \\ 😀', taskDescription: "it's\n{}" };
  const plain = await create();
  const odd = await create({ ...texts, taskStatus: 'BLOCKED', ...due(DAY + 1), warningOffset: 60 });
  const time = DAY - 60 * MINUTE;
  assert.deepEqual(await remindAt(time - 1), NONE);
  assert.deepEqual(await remindAt(time), { ...NONE, reminded: 1 });
  assert.deepEqual(await remindAt(time + 1), { ...NONE, reminded: 1 });
  assert.deepEqual(await remindAt(2 * DAY), NONE);
  const common = { type: 'task.reminder', actor: 'service', traceparent: null, tokenId: null, before: null };
  const entry = ({ version: _, ...after }: typeof plain, at: number) => {
    const { userId, taskId } = after;
    return { ...common, at, userId, taskId, after };
  };
  const reminders = await remindersOf(store);
  assert.deepEqual(
    reminders.map(({ sequence: _, ...change }) => change),
    [entry(plain, START + time), entry(odd, START + time + 1)],
  );
  // As responses show it, in this order too.
  assert.deepEqual(Object.keys(reminders[1]?.after ?? {}), Object.keys(odd).slice(0, -1));
  assert.deepEqual(await store.tasks.get(plain.taskId), plain);
  clock.now = START;
  const sort = [{ field: 'taskId' as const, descending: false }];
  const list = { from: { offset: 0 }, limit: 10, count: false, sort };
  assert.deepEqual((await store.tasks.list({ ...list, filter: { updatedSince: START + 1 } })).items, []);
});

for (const [what, more, expected] of [
  ['past its moment but before its due date reminds at once', due(30 * MINUTE), { ...NONE, reminded: 1 }],
  [
    'past its moment for days but before its due date is not late',
    { ...due(1), warningOffset: 64_000 },
    { ...NONE, reminded: 1 },
  ],
  ['when it is due reminds never', due(0), NONE],
  ['past its due date reminds never', due(-1), NONE],
  ['completed reminds never', { ...due(30 * MINUTE), taskStatus: 'COMPLETED' }, NONE],
  ['cancelled reminds never', { ...due(30 * MINUTE), taskStatus: 'CANCELLED' }, NONE],
  ['in progress reminds', { ...due(30 * MINUTE), taskStatus: 'IN_PROGRESS' }, { ...NONE, reminded: 1 }],
  ['deferred reminds', { ...due(30 * MINUTE), taskStatus: 'DEFERRED' }, { ...NONE, reminded: 1 }],
] as const) {
  testOnBothDatabases(`a task that is created ${what}`, async (t) => {
    const { create, remindAt } = await newStore(t);
    await create(more);
    assert.deepEqual(await remindAt(0), expected);
    assert.deepEqual(await remindAt(DAY), NONE);
  });
}

testOnBothDatabases('a task created with an idempotency key has one reminder', async (t) => {
  const { store, userId, remindAt } = await newStore(t);
  const idempotencyKey = { key: new Uint8Array(32), requestHash: new Uint8Array(32) };
  const task: NewTask = {
    ...{ userId, taskTitle: 'Write', taskDescription: null, taskStatus: 'NOT_STARTED', warningOffset: 60 },
    ...due(MINUTE),
  };
  for (let i = 0; i < 2; i++) {
    created(await store.tasks.create(task, { ...ACTOR, idempotencyKey }));
    assert.deepEqual(await remindAt(0), { ...NONE, reminded: 1 - i });
  }
});

testOnBothDatabases('a missed reminder is late after a minute and dropped after a day', async (t) => {
  const { store, create, remindAt } = await newStore(t);
  for (const [missed, expected] of [
    [MINUTE - 1, { ...NONE, reminded: 1 }],
    [MINUTE, { ...NONE, reminded: 1, late: 1 }],
    [DAY - 1, { ...NONE, reminded: 1, late: 1 }],
    [DAY, { ...NONE, dropped: 1 }],
    [100 * DAY, { ...NONE, dropped: 1 }],
  ] as const) {
    // Each at a time of its own, from a start that is later each time.
    const { taskId } = await create({ ...due(1000 * DAY), warningOffset: 0 });
    assert.deepEqual(await remindAt(1000 * DAY + missed), expected);
    await store.tasks.delete(taskId, ACTOR);
    assert.deepEqual(await remindAt(0), NONE);
  }
  assert.deepEqual(
    (await remindersOf(store)).map(({ after }) => after?.late),
    [undefined, true, true],
  );
});

testOnBothDatabases(
  'a new due date, offset, owner or status schedules another reminder; a new title does not',
  async (t) => {
    const { store, create, update, remindAt, otherId } = await newStore(t);
    const time = DAY - 60 * MINUTE;
    const one = { ...NONE, reminded: 1 };
    for (const [steps, expected] of [
      [[{ taskTitle: 'Read' }], NONE],
      [[{ taskDescription: 'x' }], NONE],
      [[{ taskStatus: 'IN_PROGRESS' }], NONE],
      [[{ taskStatus: 'BLOCKED' }, { taskStatus: 'DEFERRED' }], NONE],
      [[{ taskStatus: 'COMPLETED' }], NONE],
      [[{ taskStatus: 'COMPLETED' }, { taskStatus: 'BLOCKED' }], one],
      [[{ userId: otherId }], one],
      [[{ userId: otherId, taskStatus: 'CANCELLED' }], NONE],
      [[{ warningOffset: 61 }], one],
      [[due(DAY - 1)], one],
      [[{ dueDate: new Date(START + DAY).toISOString().replace('Z', '+00:00'), dueAt: due(DAY).dueAt }], NONE],
      [[due(time)], NONE],
      [[due(time - 1)], NONE],
    ] as [TaskChanges[], typeof NONE][]) {
      const { taskId } = await create();
      assert.deepEqual(await remindAt(time), one);
      for (const changes of steps) await update(taskId, changes);
      assert.deepEqual(await remindAt(time), expected, JSON.stringify(Object.keys(steps[0] ?? {})));
      assert.deepEqual(await remindAt(2 * DAY), NONE);
      await remindAt(0);
      await store.tasks.delete(taskId, ACTOR);
    }
  },
);

testOnBothDatabases('a reminder that is moved to later is recorded later, whatever else changes', async (t) => {
  const { store, create, update, remindAt } = await newStore(t);
  const { taskId } = await create();
  assert.deepEqual(await remindAt(DAY - 60 * MINUTE), { ...NONE, reminded: 1 });
  await update(taskId, due(2 * DAY));
  await update(taskId, { taskTitle: 'Read' });
  await update(taskId, { taskStatus: 'IN_PROGRESS' });
  assert.deepEqual(await remindAt(2 * DAY - 60 * MINUTE - 1), NONE);
  await update(taskId, { warningOffset: 30 });
  assert.deepEqual(await remindAt(2 * DAY - 30 * MINUTE - 1), NONE);
  await update(taskId, { taskStatus: 'COMPLETED' });
  assert.deepEqual(await remindAt(2 * DAY - 30 * MINUTE), NONE);
  await update(taskId, { taskStatus: 'NOT_STARTED' });
  assert.deepEqual(await remindAt(2 * DAY - 30 * MINUTE), { ...NONE, reminded: 1 });
  assert.deepEqual(
    (await remindersOf(store)).map(({ after }) => [after?.taskTitle, after?.warningOffset]),
    [
      ['Write', 60],
      ['Read', 30],
    ],
  );
});

testOnBothDatabases('a deleted task gets no reminder', async (t) => {
  const { store, create, remindAt, userId, otherId } = await newStore(t);
  const { taskId } = await create();
  await store.tasks.delete(taskId, ACTOR);
  // More than SQLite deletes at once: the rows still exist, without an owner.
  for (let i = 0; i < 120; i++) await create();
  const kept = await create({ userId: otherId, ...due(DAY + 1) });
  await store.users.delete(userId, ACTOR);
  assert.deepEqual(await remindAt(DAY - 59 * MINUTE), { ...NONE, reminded: 1 });
  assert.deepEqual(
    (await remindersOf(store)).map((change) => change.taskId),
    [kept.taskId],
  );
});

testOnBothDatabases('several processes record each reminder once, the earliest first', async (t) => {
  const { store, open, create, clock } = await newStore(t);
  const count = 1_203;
  const tasks = await Promise.all(Array.from({ length: count }, (_, i) => create(due(DAY - i * 1000))));
  clock.now = START + DAY - 60 * MINUTE;
  const first = await store.tasks.recordReminders();
  assert.equal(first.more, true);
  const latest = new Set((await remindersOf(store)).map(({ taskId }) => taskId));
  assert.deepEqual(
    tasks.toReversed().map(({ taskId }, i) => latest.has(taskId) === i < latest.size),
    tasks.map(() => true),
  );
  const totals = await Promise.all([store, open(), open(), open()].map(remindAll));
  assert.equal(first.reminded + totals.reduce((sum, { reminded }) => sum + reminded, 0), count);
  const reminders = await remindersOf(store);
  assert.equal(reminders.length, count);
  assert.equal(new Set(reminders.map(({ taskId }) => taskId)).size, count);
});

testOnBothDatabases(
  'a task that is rescheduled while others record reminders gets the reminder of its last schedule',
  async (t) => {
    const { store, open, create } = await newStore(t);
    const tasks = await Promise.all(Array.from({ length: 40 }, () => create({ ...due(MINUTE), warningOffset: 1_000 })));
    const changing = open();
    let ended = false;
    const change = async () => {
      for (let warningOffset = 1_001; warningOffset <= 1_010; warningOffset++) {
        await Promise.all(tasks.map(({ taskId }) => changing.tasks.update(taskId, { warningOffset }, ACTOR)));
      }
      ended = true;
    };
    const remind = async (one: Store) => {
      while (!ended) await remindAll(one);
    };
    await Promise.all([change(), remind(store), remind(open())]);
    await remindAll(store);
    assert.deepEqual(await remindAll(store), NONE);
    const reminders = Map.groupBy(await remindersOf(store), ({ taskId }) => taskId);
    for (const { taskId } of tasks) {
      const ofTask = reminders.get(taskId) ?? [];
      assert.ok(ofTask.length <= 11, String(ofTask.length));
      const offsets = ofTask.map(({ after }) => Number(after?.warningOffset));
      assert.equal(offsets.at(-1), 1_010);
      assert.equal(new Set(offsets).size, offsets.length, 'none is repeated');
    }
  },
);
