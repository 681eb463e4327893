import assert from 'node:assert/strict';
import { EMAIL_LEASE_MS } from '../../src/domain/emails.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type EmailApp, emailApp } from '../support/email-app.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { waitFor } from '../support/wait-for.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Due in half an hour, to be reminded of since half an hour ago: the clock stands at noon. */
const SOON = { ...REPORT, dueDate: '2026-03-01T14:30:00+02:00' };

/** The user of the documentation with a task that has a reminder. */
async function reminded(app: EmailApp, task: object = SOON): Promise<void> {
  assert.equal((await app.post('/users', JOHN)).statusCode, 201);
  assert.equal((await app.post('/tasks', task)).statusCode, 201);
  await app.remind(1);
}

testOnBothDatabases('a reminder is one email to the owner, in text and HTML, from EMAIL_FROM', async (t) => {
  const app = await emailApp(t);
  await reminded(app, { ...SOON, taskDescription: 'With figures\nand a summary' });
  await app.runOnce();
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 1);
  const [email] = app.smtp.emails;
  assert.deepEqual(email?.recipients, [JOHN.contactEmail]);
  assert.deepEqual([email?.from?.name, email?.from?.address], ['Tasks', 'tasks@example.com']);
  assert.equal(email?.subject, 'Reminder: Write the report');
  assert.match(String(email?.messageId), /^<[0-9a-f-]{36}@example\.com>$/);
  assert.equal(email?.header['auto-submitted'], 'auto-generated');
  assert.equal(email?.header['list-unsubscribe'], undefined);
  assert.equal(
    email?.text?.trimEnd(),
    [
      'Write the report',
      'This task is due on 1 March 2026, 14:30 (UTC+02:00).',
      'With figures\nand a summary',
      'You receive this email because task 1 at https://tasks.example.com is yours and is not finished.',
    ].join('\n\n'),
  );
  for (const part of [
    '<bdi>Write the report</bdi>',
    '<strong>1 March 2026, 14:30 (UTC+02:00)</strong>',
    'figures\nand',
  ]) {
    assert.ok(email?.html?.replaceAll('\r\n', '\n').includes(part), part);
  }
  assert.deepEqual(app.emailLog, []);
});

testOnBothDatabases('a title is escaped in the email', async (t) => {
  const app = await emailApp(t);
  await reminded(app, {
    ...SOON,
    taskTitle: `<b>"a" & 'b'</b>\r\nBcc: x@example.com 😀`,
    taskDescription: '<img src=x>',
  });
  await app.runOnce();
  const [email] = app.smtp.emails;
  assert.equal(email?.subject, `Reminder: <b>"a" & 'b'</b> Bcc: x@example.com 😀`);
  assert.deepEqual(email?.recipients, [JOHN.contactEmail]);
  assert.equal(email?.bcc, undefined);
  assert.ok(email?.html?.includes('&#60;b&#62;&#34;a&#34; &#38; &#39;b&#39;&#60;/b&#62; Bcc: x@example.com 😀'));
  assert.ok(email?.html?.includes('&#60;img src=x&#62;') && !email.html.includes('<img'));
});

testOnBothDatabases('a reminder that comes late says that the task was due', async (t) => {
  const app = await emailApp(t);
  await reminded(app);
  app.clock.now += HOUR;
  await app.runOnce();
  assert.match(String(app.smtp.emails[0]?.text), /This task was due on 1 March 2026, 14:30 \(UTC\+02:00\)\./);
});

const NOT_SENT: Record<string, (app: EmailApp) => Promise<unknown>> = {
  'is completed': (app) => app.patch('/tasks/1', { taskStatus: 'COMPLETED' }),
  'is cancelled': (app) => app.patch('/tasks/1', { taskStatus: 'CANCELLED' }),
  'is deleted': (app) => app.request({ method: 'DELETE', url: '/tasks/1' }),
  'is put off': (app) => app.patch('/tasks/1', { dueDate: '2026-03-02T14:30:00+02:00' }),
  'is given to another user': async (app) => {
    await app.post('/users', { ...JOHN, contactEmail: 'jane@example.com' });
    await app.patch('/tasks/1', { userId: 2 });
  },
  'goes with its user': (app) => app.request({ method: 'DELETE', url: '/users/1' }),
  'goes with a user who has many tasks': async (app) => {
    for (let i = 0; i < 20; i++) await app.post('/tasks', SOON);
    await app.request({ method: 'DELETE', url: '/users/1' });
  },
};

for (const [what, change] of Object.entries(NOT_SENT)) {
  testOnBothDatabases(`no email is sent for a task that ${what} before or after the email is queued`, async (t) => {
    const app = await emailApp(t);
    await reminded(app);
    app.smtp.rejection = { command: 'DATA', status: 451 };
    await app.runOnce();
    assert.equal(app.smtp.attempts, 1);
    app.smtp.rejection = undefined;
    await app.remind(1);
    await change(app);
    app.clock.now += MINUTE;
    await app.runOnce();
    assert.deepEqual([app.smtp.attempts, app.smtp.emails], [1, []]);
  });
}

testOnBothDatabases('deleting a user deletes queued emails', async (t) => {
  const app = await emailApp(t, { confirmEmail: 'true' });
  await reminded(app);
  app.smtp.rejection = { command: 'DATA', status: 451 };
  await app.runOnce();
  for (let i = 0; i < 20; i++) await app.post('/tasks', SOON);
  await app.request({ method: 'DELETE', url: '/users/1' });
  // A row of either would be in the way.
  await app.sql('CREATE TABLE nothing_left (what TEXT CHECK (what IS NULL))');
  await app.sql('INSERT INTO nothing_left SELECT email_id FROM emails');
  await app.sql("INSERT INTO nothing_left SELECT 'link' FROM email_confirmations");
  await app.sql('DROP TABLE nothing_left');
});

testOnBothDatabases('a temporary rejection is retried with growing delays and the same Message-ID', async (t) => {
  const app = await emailApp(t);
  await reminded(app);
  const arrived: unknown[] = [];
  app.smtp.beforeResponse = async ({ messageId }) => void arrived.push(messageId);
  app.smtp.rejection = { command: 'DATA', status: 451 };
  for (const pause of [0, MINUTE - 1, 1, 2 * MINUTE - 1, 1, 4 * MINUTE - 1]) {
    app.clock.now += pause;
    await app.runOnce();
  }
  assert.equal(arrived.length, 3);
  app.smtp.rejection = undefined;
  app.clock.now += 1;
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 1);
  assert.deepEqual([arrived.length, new Set(arrived).size], [4, 1]);
  assert.equal(app.emailLog.length, 3);
  const { emailId, time: _, pid: __, hostname: ___, ...entry } = app.emailLog[2] ?? {};
  assert.deepEqual(entry, {
    ...{ level: 40, kind: 'reminder', userId: 1, taskId: 1, attempts: 3 },
    ...{ code: 'EMESSAGE', responseCode: 451, command: 'DATA', msg: 'email delivery failed; will retry' },
  });
  assert.equal(arrived[0], `<${emailId}@example.com>`);
});

testOnBothDatabases('an email fails after a day without the server, and the log has no address', async (t) => {
  const app = await emailApp(t);
  await reminded(app);
  await app.smtp.close();
  for (let minutes = 0; minutes < 25 * 60; minutes += 10) {
    await app.runOnce();
    app.clock.now += 10 * MINUTE;
  }
  const messages = app.emailLog.map(({ msg }) => msg);
  assert.deepEqual([messages.length > 20, messages.at(-1)], [true, 'email delivery failed; giving up']);
  assert.equal(messages.filter((msg) => msg === 'email delivery failed; giving up').length, 1);
  assert.ok(!JSON.stringify(app.emailLog).includes('john'), JSON.stringify(app.emailLog[0]));
});

for (const command of ['RCPT TO', 'DATA'] as const) {
  testOnBothDatabases(
    `an email that is rejected permanently at ${command} fails at once, and others are sent`,
    async (t) => {
      const app = await emailApp(t);
      await reminded(app);
      app.smtp.rejection = { command, status: 550 };
      await app.runOnce();
      app.smtp.rejection = undefined;
      app.clock.now += HOUR;
      await app.runOnce();
      assert.deepEqual([app.smtp.attempts, app.smtp.emails.length], [1, 0]);
      assert.equal(app.emailLog.at(-1)?.msg, 'email delivery failed; giving up');
      assert.ok(!JSON.stringify(app.emailLog).includes('john'));
      await app.remind(1);
      await app.runOnce();
      assert.equal(app.smtp.emails.length, 1);
    },
  );
}

testOnBothDatabases('several senders on one database send each email once', async (t) => {
  const app = await emailApp(t);
  await reminded(app);
  for (let taskId = 2; taskId <= 60; taskId++) {
    await app.post('/tasks', SOON);
    await app.remind(taskId);
  }
  const senders = Array.from({ length: 4 }, () => app.anotherDispatcher());
  await Promise.all(senders.map((sender) => sender.runOnce()));
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 60);
  assert.equal(new Set(app.smtp.emails.map(({ messageId }) => messageId)).size, 60);
});

testOnBothDatabases(
  'an email is retried when its sender’s lease ends, and a late failure of the first attempt is ignored',
  async (t) => {
    const app = await emailApp(t);
    await reminded(app);
    await app.store.emails.enqueue(['reminder']);
    const [lost] = await app.store.emails.claim(10);
    assert.ok(lost !== undefined && lost.attempts === 1);
    app.clock.now += EMAIL_LEASE_MS - 1;
    assert.deepEqual(await app.store.emails.claim(10), []);
    app.clock.now += 1;
    assert.deepEqual(await app.store.emails.claim(10), [{ ...lost, attempts: 2 }]);
    await app.store.emails.recordAttempt(lost, { state: 'pending', nextAttemptAt: app.clock.now });
    assert.deepEqual(await app.store.emails.claim(10), []);
    await app.store.emails.recordAttempt(lost, { state: 'delivered' });
    app.clock.now += EMAIL_LEASE_MS;
    assert.deepEqual(await app.store.emails.claim(10), []);
  },
);

testOnBothDatabases('events older than a day are not emailed', async (t) => {
  const app = await emailApp(t);
  await app.post('/users', JOHN);
  await app.post('/tasks', SOON);
  await app.remind(1, 1, 24 * HOUR + 1);
  await app.remind(1, 1, 24 * HOUR);
  await app.runOnce();
  assert.equal(app.smtp.emails.length, 1);
});

testOnBothDatabases('delivered and failed emails are pruned after a day; pending ones are not', async (t) => {
  const app = await emailApp(t);
  await reminded(app);
  await app.runOnce();
  await app.remind(1);
  await app.store.emails.enqueue(['reminder']);
  assert.equal(await app.store.emails.prune(), false);
  app.clock.now += 24 * HOUR;
  while (await app.store.emails.prune());
  await app.sql('CREATE TABLE one_left (state TEXT UNIQUE)');
  await app.sql("INSERT INTO one_left SELECT 'any' FROM emails");
  await app.sql('DROP TABLE one_left');
  assert.equal((await app.store.emails.claim(10)).length, 1);
});

testOnBothDatabases('an unresponsive server delays neither requests nor the stop of the service', async (t) => {
  const app = await emailApp(t);
  await reminded(app);
  const { promise, resolve } = Promise.withResolvers<void>();
  t.after(() => resolve());
  app.smtp.beforeResponse = () => promise;
  const sender = app.anotherDispatcher();
  sender.start();
  await waitFor(() => app.smtp.attempts > 0, { message: 'no email is sent' });
  assert.equal((await app.post('/tasks', SOON)).statusCode, 201);
  const begin = performance.now();
  await sender.stop();
  assert.ok(performance.now() - begin < 5_000);
  assert.equal(app.emailLog.at(-1)?.msg, 'email delivery failed; will retry');
});
