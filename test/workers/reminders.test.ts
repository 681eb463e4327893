import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Store } from '../../src/domain/store.ts';
import type { ReminderBatch } from '../../src/domain/tasks.ts';
import { openSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { Reminders } from '../../src/workers/reminders.ts';
import { ACTOR, created } from '../support/created.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const DAY = 24 * 60 * 60 * 1000;

const ONE: ReminderBatch = { reminded: 1, late: 0, dropped: 0, more: false };

/** The reminders worker on a store with these responses, and its log. Timers are mocked. */
function fakeReminders(t: TestContext, responses: (ReminderBatch | Error)[]) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log: [level: string, fields: Record<string, unknown>, message: string][] = [];
  const note = (level: string) => (fields: object | string, message?: string) =>
    log.push(typeof fields === 'string' ? [level, {}, fields] : [level, { ...fields }, message as string]);
  let asked = 0;
  const tasks = {
    async recordReminders() {
      asked++;
      const batch = responses.shift() ?? { ...ONE, reminded: 0 };
      if (batch instanceof Error) throw batch;
      return batch;
    },
  };
  const store = { tasks } as unknown as Pick<Store, 'tasks'>;
  const reminders = new Reminders({ store, logger: { info: note('info'), warn: note('warn') } as never });
  /** Lets everything happen that waits for no timer. */
  const runStep = async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  return { reminders, log, runStep, asked: () => asked };
}

test('the reminders worker polls at once, then every second, and goes on while there is more', async (t) => {
  const { reminders, runStep, asked, log } = fakeReminders(t, [{ ...ONE, more: true }, { ...ONE, more: true }, ONE]);
  reminders.start();
  await runStep();
  assert.equal(asked(), 3);
  for (let second = 1; second <= 3; second++) {
    t.mock.timers.tick(999);
    await runStep();
    assert.equal(asked(), 2 + second);
    t.mock.timers.tick(1);
    await runStep();
    assert.equal(asked(), 3 + second);
  }
  await reminders.stop();
  t.mock.timers.tick(10_000);
  await runStep();
  assert.equal(asked(), 6);
  assert.deepEqual(log, []);
});

test('a failed poll is retried, and an outage is logged once', async (t) => {
  const unavailable = new Error('unavailable');
  const { reminders, runStep, asked, log } = fakeReminders(t, [
    unavailable,
    unavailable,
    unavailable,
    ONE,
    unavailable,
  ]);
  reminders.start();
  await runStep();
  for (let second = 1; second <= 4; second++) {
    t.mock.timers.tick(1000);
    await runStep();
  }
  assert.equal(asked(), 5);
  assert.deepEqual(
    log.map(([level, fields, message]) => [level, message ?? fields]),
    [
      ['warn', 'reminders failed; will retry'],
      ['info', 'reminders recovered'],
      ['warn', 'reminders failed; will retry'],
    ],
  );
  await reminders.stop();
});

test('late and dropped reminders are logged as counts, a line per poll', async (t) => {
  const { reminders, log } = fakeReminders(t, [
    { reminded: 50, late: 3, dropped: 0, more: true },
    { reminded: 2, late: 1, dropped: 0, more: false },
    { reminded: 40, late: 40, dropped: 10, more: true },
    { reminded: 0, late: 0, dropped: 5, more: false },
  ]);
  await reminders.runOnce();
  await reminders.runOnce();
  assert.deepEqual(log, [
    ['info', { reminded: 52, late: 4, dropped: 0 }, 'reminders recorded late'],
    ['warn', { reminded: 40, late: 40, dropped: 15 }, 'reminders dropped: more than a day late'],
  ]);
});

test('a stop ends the worker after the batch in flight', async (t) => {
  const { reminders, asked } = fakeReminders(t, Array(100).fill({ ...ONE, more: true }));
  reminders.start();
  await reminders.stop();
  assert.ok(asked() <= 2, String(asked()));
});

test('the server records the reminder of a task created after its reminder time, and stops cleanly', async (t) => {
  const server = await startServer({ databaseFile: join(tempFolder(t), 'test.db') });
  t.after(() => server.stop('SIGKILL'));
  const headers = { authorization: 'Bearer your-token-here', 'content-type': 'application/json' };
  const post = async (path: string, body: object) => {
    const response = await fetch(server.url + path, { headers, method: 'POST', body: JSON.stringify(body) });
    assert.equal(response.status, 201);
    return response.json();
  };
  await post('/users', { firstName: 'A', lastName: 'B', contactEmail: 'a@example.com' });
  const dueDate = new Date(Date.now() + 60_000).toISOString();
  const task = await post('/tasks', { userId: 1, taskTitle: 'Write', dueDate, warningOffset: 5 });
  const recorded = async () => {
    const response = await fetch(`${server.url}/events?_after=2`, { headers });
    const { events } = (await response.json()) as { events: { type: string; data: object }[] };
    return events.length > 0 ? events : undefined;
  };
  const events = await waitFor(recorded, { message: 'no reminder is recorded' });
  assert.deepEqual(
    events.map(({ type, data }) => [type, data]),
    [['task.reminder', task]],
  );
  assert.equal(await server.stop(), 0);
});

test('reminders missed while the server was stopped are recorded as late at its start, and dropped ones are logged', async (t) => {
  const file = join(tempFolder(t), 'test.db');
  const now = Date.now();
  const store = openSqliteStore({ file, clock: () => now - 3 * DAY });
  const user = { firstName: 'A', lastName: 'B', contactEmail: 'a@example.com', contactEmailKey: 'a@example.com' };
  const { userId } = created(await store.users.create(user, ACTOR));
  for (const ago of [2 * DAY, 3_600_000]) {
    const due = { dueDate: new Date(now - ago).toISOString(), dueAt: BigInt(now - ago) * 1000n, warningOffset: 0 };
    const task = { userId, taskTitle: `Secret ${ago}`, taskDescription: null, taskStatus: 'BLOCKED' as const, ...due };
    created(await store.tasks.create(task, ACTOR));
  }
  await store.close();

  const server = await startServer({ databaseFile: file });
  t.after(() => server.stop('SIGKILL'));
  const logged = () => server.log.find(({ msg }) => String(msg).startsWith('reminders'));
  const { reminded, late, dropped } = await waitFor(logged, { message: 'missed reminders are not logged' });
  assert.deepEqual([reminded, late, dropped], [1, 1, 1]);
  assert.doesNotMatch(JSON.stringify(server.log), /Secret/);
  const headers = { authorization: 'Bearer your-token-here' };
  const response = await fetch(`${server.url}/events?_after=3`, { headers });
  const { events } = (await response.json()) as { events: { type: string; data: Record<string, unknown> }[] };
  assert.deepEqual(
    events.map(({ type, data }) => [type, data.taskId, data.late]),
    [['task.reminder', 2, true]],
  );
  assert.equal(await server.stop(), 0);
});
