import assert from 'node:assert/strict';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type EmailApp, emailApp } from '../support/email-app.ts';
import { JOHN, REPORT } from '../support/examples.ts';

const SECOND = 1_000;
const HOUR = 60 * 60 * SECOND;
const DAY = 24 * HOUR;
const VICTIM = 'victim@example.org';

/** Due in an hour and a bit, to be reminded of at once. */
const dueSoon = ({ clock }: EmailApp, extra = 0) => new Date(clock.now + HOUR + extra * SECOND).toISOString();

/** A user token changes the user's address to another person's, and then moves a due date once a second. */
async function floodByReplanning(app: EmailApp): Promise<void> {
  assert.equal((await app.post('/users', JOHN)).statusCode, 201);
  const scopes = ['users:read', 'users:write', 'tasks:read', 'tasks:write'] as const;
  const token = await app.token({ scopes: [...scopes], userId: 1 });
  assert.equal((await app.patch('/users/1', { contactEmail: VICTIM }, token)).statusCode, 200);
  const task = { ...REPORT, warningOffset: 1440, dueDate: dueSoon(app) };
  assert.equal((await app.post('/tasks', task, token)).statusCode, 201);
  for (let i = 1; i <= 70; i++) {
    await app.store.tasks.recordReminders();
    await app.runOnce();
    app.clock.now += SECOND;
    assert.equal((await app.patch('/tasks/1', { dueDate: dueSoon(app, i) }, token)).statusCode, 200);
  }
}

async function reminderEvents(app: EmailApp): Promise<number> {
  const { events } = (await app.request({ url: '/events?_perPage=1000' })).json();
  return events.filter(({ type }: { type: string }) => type === 'task.reminder').length;
}

/** To whom the emails with such a subject went. */
function recipients({ smtp }: EmailApp, subject: RegExp): string[] {
  return smtp.emails.filter((email) => subject.test(email.subject ?? '')).flatMap((email) => email.recipients);
}

testOnBothDatabases(
  'a task that is rescheduled every second gets four emails an hour and all its events',
  async (t) => {
    const app = await emailApp(t);
    await floodByReplanning(app);
    assert.deepEqual(recipients(app, /^Reminder/), Array(4).fill(VICTIM));
    assert.equal(await reminderEvents(app), 70);
    const { emailId: _, time: __, pid: ___, hostname: ____, ...entry } = app.emailLog[0] ?? {};
    assert.deepEqual(entry, {
      ...{ level: 40, kind: 'reminder', userId: 1, taskId: 1 },
      msg: 'email dropped: too many to this address or of this task',
    });
    assert.equal(app.emailLog.length, 1, 'logged once');

    app.clock.now += HOUR;
    await app.patch('/tasks/1', { dueDate: dueSoon(app) });
    await app.store.tasks.recordReminders();
    await app.runOnce();
    assert.equal(app.smtp.emails.length, 5, 'an hour later there is another');
  },
);

testOnBothDatabases('with CONFIRM_EMAIL no reminder goes to an address until it is confirmed', async (t) => {
  const app = await emailApp(t, { confirmEmail: 'true' });
  await floodByReplanning(app);
  assert.deepEqual(recipients(app, /^Reminder/), []);
  assert.deepEqual(recipients(app, /^Confirm/), [VICTIM]);
  assert.equal(await reminderEvents(app), 70);
  assert.deepEqual(app.emailLog, []);

  const [, token] = /confirm-email#([\w-]{43})/.exec(app.smtp.emails[0]?.text ?? '') ?? [];
  const payload = new URLSearchParams({ token: token as string }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  await app.app.inject({ method: 'POST', url: '/confirm-email', headers, payload });
  await app.remind(1);
  await app.runOnce();
  assert.deepEqual(recipients(app, /^Reminder/), [VICTIM]);
});

testOnBothDatabases('several senders at once send no more than four reminders of a task', async (t) => {
  const app = await emailApp(t);
  await app.post('/users', JOHN);
  await app.post('/tasks', { ...REPORT, dueDate: dueSoon(app) });
  for (let i = 0; i < 40; i++) await app.remind(1);
  const senders = Array.from({ length: 4 }, () => app.anotherDispatcher());
  await Promise.all(senders.map((sender) => sender.runOnce()));
  assert.equal(app.smtp.emails.length, 4);
});

testOnBothDatabases('an address gets a hundred reminders a day at most, across users and spellings', async (t) => {
  const app = await emailApp(t);
  const spellings = [VICTIM, VICTIM.toUpperCase(), 'Victim@example.org'];
  let taskId = 0;
  for (const [i, contactEmail] of spellings.entries()) {
    const userId = i + 1;
    await app.post('/users', { ...JOHN, contactEmail });
    for (let n = 0; n < 40; n++) {
      await app.post('/tasks', { ...REPORT, userId, dueDate: dueSoon(app) });
      await app.remind(++taskId, userId);
    }
    await app.runOnce();
    await app.request({ method: 'DELETE', url: `/users/${userId}` });
  }
  assert.equal(app.smtp.emails.length, 100);
  // A row of another would be in the way.
  await app.sql("CREATE TABLE hashes_only (what TEXT CHECK (what NOT LIKE '%victim%'))");
  await app.sql('INSERT INTO hashes_only SELECT lower(CAST(address_hash AS TEXT)) FROM email_sends');
  await app.sql('DROP TABLE hashes_only');

  app.clock.now += DAY;
  await app.post('/users', { ...JOHN, contactEmail: VICTIM });
  await app.post('/tasks', { ...REPORT, userId: 4, dueDate: dueSoon(app) });
  await app.remind(++taskId, 4);
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 101);
});

testOnBothDatabases(
  'an address gets five links a day at most, also if its user is created again and again',
  async (t) => {
    const app = await emailApp(t, { confirmEmail: 'true' });
    const begin = app.clock.now;
    for (let userId = 1; userId <= 20; userId++) {
      assert.equal((await app.post('/users', { ...JOHN, contactEmail: VICTIM })).statusCode, 201);
      await app.runOnce();
      app.clock.now += SECOND;
      assert.equal((await app.request({ method: 'DELETE', url: `/users/${userId}` })).statusCode, 204);
    }
    assert.deepEqual(recipients(app, /./), Array(5).fill(VICTIM));

    await app.post('/users', { ...JOHN, contactEmail: VICTIM });
    await app.runOnce();
    app.clock.now = begin + 2 * HOUR;
    const url = '/users/21/email-confirmation';
    assert.equal((await app.request({ url })).json().state, 'unconfirmed');
    const rejected = await app.request({ method: 'POST', url });
    assert.deepEqual([rejected.statusCode, rejected.headers['retry-after']], [429, String((DAY - 2 * HOUR) / SECOND)]);
    app.clock.now = begin + DAY;
    assert.equal((await app.request({ method: 'POST', url })).statusCode, 202);
    await app.runOnce();
    assert.equal(app.smtp.emails.length, 6);
  },
);

testOnBothDatabases('a retry counts again only if the address has changed', async (t) => {
  const app = await emailApp(t);
  await app.post('/users', { ...JOHN, contactEmail: VICTIM });
  for (let n = 0; n < 100; n++) {
    await app.post('/tasks', { ...REPORT, dueDate: dueSoon(app) });
    await app.remind(n + 1);
  }
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 100);

  // Emails that the server of another address defers, and that address is then changed.
  await app.patch('/users/1', { contactEmail: 'attacker@example.net' });
  await app.post('/tasks', { ...REPORT, dueDate: dueSoon(app) });
  await app.remind(101);
  app.smtp.rejection = { command: 'DATA', status: 451 };
  await app.runOnce();
  app.clock.now += 60 * SECOND;
  await app.runOnce();
  assert.equal(app.smtp.attempts, 102);
  app.smtp.rejection = undefined;
  await app.patch('/users/1', { contactEmail: VICTIM });
  app.clock.now += 120 * SECOND;
  await app.runOnce();
  assert.equal(app.smtp.attempts, 102);
});

testOnBothDatabases('sends to an address are pruned after a day', async (t) => {
  const app = await emailApp(t);
  await app.post('/users', JOHN);
  await app.post('/tasks', { ...REPORT, dueDate: dueSoon(app) });
  await app.remind(1);
  await app.runOnce();
  await app.request({ method: 'DELETE', url: '/users/1' });
  assert.equal(await app.store.emails.prune(), false);
  app.clock.now += DAY;
  assert.equal(await app.store.emails.prune(), true);
  assert.equal(await app.store.emails.prune(), false);
  // A row would be in the way.
  await app.sql('CREATE TABLE nothing_left (what TEXT CHECK (what IS NULL))');
  await app.sql('INSERT INTO nothing_left SELECT email_id FROM email_sends');
  await app.sql('DROP TABLE nothing_left');
});
