import assert from 'node:assert/strict';
import pino from 'pino';
import { loadConfig, type MailConfig } from '../../src/config.ts';
import { MailSender } from '../../src/mail/sender.ts';
import { openSmtp } from '../../src/mail/smtp.ts';
import { MAIL_LEASE } from '../../src/storage/store.ts';
import { test } from '../support/both-stores.ts';
import { ACTOR, created } from '../support/created.ts';
import { JOHN } from '../support/examples.ts';
import { MAIL_SETTINGS } from '../support/mail-app.ts';
import { startServer } from '../support/server-process.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { newDatabase } from '../support/stores.ts';

const HALF_HOUR = 30 * 60_000;

test('a mail whose sender is killed before it hears that it was taken is sent again under its Message-ID', async (t) => {
  const begin = Date.now();
  let now = begin;
  let sender: MailSender | undefined;
  t.after(() => sender?.stop());
  const smtp = await startSmtpServer(t);
  const { openToClose, open, databaseUrl, sql } = await newDatabase(t, () => now);
  const store = openToClose();
  created(await store.createUser({ ...JOHN, contactEmailKey: JOHN.contactEmail }, ACTOR));
  const due = { dueDate: new Date(now + HALF_HOUR).toISOString(), dueAt: BigInt(now + HALF_HOUR) * 1000n };
  const fields = { taskTitle: 'x', taskDescription: null, taskStatus: 'NOT_STARTED' as const, warningOffset: 60 };
  created(await store.createTask({ userId: 1, ...fields, ...due }, ACTOR));
  await store.close();
  await sql(`INSERT INTO changes (at, type, actor, user_id, task_id) VALUES (${now}, 'task.reminder', 'test', 1, 1)`);

  const arrived = Promise.withResolvers<void>();
  const killed = Promise.withResolvers<void>();
  smtp.beforeAnswer = () => {
    arrived.resolve();
    return killed.promise;
  };
  const { smtpUrl, ...settings } = { ...MAIL_SETTINGS, smtpUrl: smtp.url, confirmEmail: 'off' };
  const args = ['--smtp-url', smtpUrl, '--mail-from', settings.mailFrom, '--public-url', settings.publicUrl];
  const server = await startServer({ databaseUrl, args });
  t.after(() => server.stop('SIGKILL'));
  await arrived.promise;
  await server.stop('SIGKILL');
  smtp.beforeAnswer = undefined;
  killed.resolve();

  const config = loadConfig({ ...settings, smtpUrl }, {}).mail as MailConfig;
  const logger = pino({ level: 'silent' });
  sender = new MailSender({ store: open(), config, transport: openSmtp(config), clock: () => now, logger });
  await sender.tick();
  assert.equal(smtp.mails.length, 1, 'another process leaves it to the first for a while');
  now = Date.now() + MAIL_LEASE;
  await sender.tick();
  await sender.tick();
  const [first, second, ...more] = smtp.mails.map(({ messageId }) => messageId);
  assert.ok(first !== undefined && first === second && more.length === 0);
});
