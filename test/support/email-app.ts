import type { TestContext } from 'node:test';
import pino from 'pino';
import { loadConfig } from '../../src/config/config.ts';
import type { EmailConfig } from '../../src/config/email.ts';
import { EmailDispatcher } from '../../src/email/dispatcher.ts';
import { createEmailTransport } from '../../src/email/smtp.ts';
import { type TestApp, testApp } from './app.ts';
import { startSmtpServer, type TestSmtpServer } from './smtp-server.ts';

/** The settings of a service that sends email and confirms addresses. */
export const EMAIL_TEST_SETTINGS = {
  smtpUrl: 'smtp://127.0.0.1:9',
  emailFrom: 'Tasks <tasks@example.com>',
  publicUrl: 'https://tasks.example.com',
  confirmEmail: 'true',
};

export interface EmailApp extends TestApp {
  smtp: TestSmtpServer;
  config: EmailConfig;
  /** Sends the emails that are due. */
  runOnce: () => Promise<void>;
  /** The log lines of the dispatcher so far. */
  emailLog: Record<string, unknown>[];
  /** Writes a reminder of a task to the change log, `ago` milliseconds in the past. */
  remind: (taskId: number, userId?: number, ago?: number) => Promise<void>;
  /** Another dispatcher on the same database, as in another process. */
  anotherDispatcher: () => EmailDispatcher;
}

/** An application and a dispatcher that sends email to a test SMTP server, when `runOnce` is called. */
export async function emailApp(
  t: TestContext,
  { confirmEmail = 'false', publicUrl = EMAIL_TEST_SETTINGS.publicUrl } = {},
) {
  const dispatchers: EmailDispatcher[] = [];
  // Hooks run in the order of their registration: stop the dispatchers before the SMTP server and the store.
  t.after(() => Promise.all(dispatchers.map((dispatcher) => dispatcher.stop())));
  const smtp = await startSmtpServer(t);
  const settings = { ...EMAIL_TEST_SETTINGS, smtpUrl: smtp.url, confirmEmail, publicUrl };
  const config = loadConfig(settings, {}).email as EmailConfig;
  const tested = await testApp(t, { settings });
  const { store, clock, sql } = tested;
  const emailLog: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => emailLog.push(JSON.parse(line)) });
  const anotherDispatcher = () => {
    const transport = createEmailTransport(config);
    const dispatcher = new EmailDispatcher({
      store,
      config,
      transport,
      clock: () => clock.now,
      random: () => 0,
      logger,
    });
    dispatchers.push(dispatcher);
    return dispatcher;
  };
  const dispatcher = anotherDispatcher();
  const remind: EmailApp['remind'] = (taskId, userId = 1, ago = 0) =>
    sql(`INSERT INTO changes (at, type, actor, user_id, task_id, new_values)
         VALUES (${clock.now - ago}, 'task.reminder', 'reminders', ${userId}, ${taskId}, '{}')`);
  return {
    ...tested,
    smtp,
    config,
    runOnce: () => dispatcher.runOnce(),
    emailLog,
    remind,
    anotherDispatcher,
  } satisfies EmailApp;
}
