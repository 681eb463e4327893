import type { TestContext } from 'node:test';
import pino from 'pino';
import { loadConfig } from '../../src/config/config.ts';
import type { EmailConfig } from '../../src/config/email.ts';
import { EmailDispatcher } from '../../src/email/dispatcher.ts';
import { createEmailTransport } from '../../src/email/smtp.ts';
import { type TestApp, testApp } from './app.ts';
import { startSmtpServer, type TestSmtpServer } from './smtp-server.ts';

/** The settings of a service that sends mails and has addresses confirmed. */
export const MAIL_SETTINGS = {
  smtpUrl: 'smtp://127.0.0.1:9',
  emailFrom: 'Tasks <tasks@example.com>',
  publicUrl: 'https://tasks.example.com',
  confirmEmail: 'true',
};

export interface MailApp extends TestApp {
  smtp: TestSmtpServer;
  config: EmailConfig;
  /** Sends what is to be sent now. */
  runOnce: () => Promise<void>;
  /** Everything that the sender has logged. */
  mailLog: Record<string, unknown>[];
  /** Writes the entry that a reminder of a task is, as it was `ago` milliseconds before now. */
  remind: (taskId: number, userId?: number, ago?: number) => Promise<void>;
  /** Another sender on the same database, as one more process has it. */
  anotherDispatcher: () => EmailDispatcher;
}

/** An application that sends mails to an SMTP server of the test's own, when it is told to. */
export async function mailApp(t: TestContext, { confirmEmail = 'false', publicUrl = MAIL_SETTINGS.publicUrl } = {}) {
  const senders: EmailDispatcher[] = [];
  // Before the servers they talk to and the store are closed, which is also done when the test ends, in this order.
  t.after(() => Promise.all(senders.map((sender) => sender.stop())));
  const smtp = await startSmtpServer(t);
  const settings = { ...MAIL_SETTINGS, smtpUrl: smtp.url, confirmEmail, publicUrl };
  const config = loadConfig(settings, {}).email as EmailConfig;
  const tested = await testApp(t, { settings });
  const { store, clock, sql } = tested;
  const mailLog: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => mailLog.push(JSON.parse(line)) });
  const anotherDispatcher = () => {
    const transport = createEmailTransport(config);
    const sender = new EmailDispatcher({ store, config, transport, clock: () => clock.now, random: () => 0, logger });
    senders.push(sender);
    return sender;
  };
  const sender = anotherDispatcher();
  const remind: MailApp['remind'] = (taskId, userId = 1, ago = 0) =>
    sql(`INSERT INTO changes (at, type, actor, user_id, task_id, new_values)
         VALUES (${clock.now - ago}, 'task.reminder', 'reminders', ${userId}, ${taskId}, '{}')`);
  return {
    ...tested,
    smtp,
    config,
    runOnce: () => sender.runOnce(),
    mailLog,
    remind,
    anotherDispatcher,
  } satisfies MailApp;
}
