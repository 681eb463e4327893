import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { loadConfig } from '../../src/config/config.ts';
import type { EmailConfig } from '../../src/config/email.ts';
import { EMAIL_LEASE_MS } from '../../src/domain/emails.ts';
import { EmailDispatcher } from '../../src/email/dispatcher.ts';
import { createEmailTransport } from '../../src/email/smtp.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { ACTOR, created } from '../support/created.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { JOHN } from '../support/examples.ts';
import { startServer } from '../support/server-process.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { newDatabase } from '../support/stores.ts';
import { waitFor } from '../support/wait-for.ts';

const HALF_HOUR = 30 * 60_000;

/** A server that has begun to send a reminder, of which the email server has heard everything and said nothing. */
async function startWithEmail(t: TestContext, clock: () => number) {
  const smtp = await startSmtpServer(t);
  const database = await newDatabase(t, clock);
  const store = database.openToClose();
  const now = clock();
  created(await store.users.create({ ...JOHN, contactEmailKey: JOHN.contactEmail }, ACTOR));
  const due = { dueDate: new Date(now + HALF_HOUR).toISOString(), dueAt: BigInt(now + HALF_HOUR) * 1000n };
  const fields = { taskTitle: 'x', taskDescription: null, taskStatus: 'NOT_STARTED' as const, warningOffset: 60 };
  created(await store.tasks.create({ userId: 1, ...fields, ...due }, ACTOR));
  await store.close();

  const arrived = Promise.withResolvers<void>();
  const { promise, resolve: response } = Promise.withResolvers<void>();
  smtp.beforeResponse = () => {
    arrived.resolve();
    return promise;
  };
  const settings = { ...EMAIL_TEST_SETTINGS, smtpUrl: smtp.url, confirmEmail: 'false' };
  const args = ['--smtp-url', smtp.url, '--email-from', settings.emailFrom, '--public-url', settings.publicUrl];
  const server = await startServer({ databaseUrl: database.databaseUrl, args });
  t.after(() => server.stop('SIGKILL'));
  await arrived.promise;
  const config = loadConfig(settings, {}).email as EmailConfig;
  return { smtp, database, server, response, config };
}

testOnBothDatabases(
  'an email whose sender is killed before the server confirms it is sent again with the same Message-ID',
  async (t) => {
    let now = Date.now();
    let sender: EmailDispatcher | undefined;
    t.after(() => sender?.stop());
    const { smtp, database, server, response, config } = await startWithEmail(t, () => now);
    await server.stop('SIGKILL');
    response();

    const logger = pino({ level: 'silent' });
    const transport = createEmailTransport(config);
    sender = new EmailDispatcher({ store: database.open(), config, transport, clock: () => now, logger });
    await sender.runOnce();
    assert.equal(smtp.emails.length, 1, 'another process leaves it to the first for a while');
    now = Date.now() + EMAIL_LEASE_MS;
    await sender.runOnce();
    await sender.runOnce();
    const [first, second, ...more] = smtp.emails.map(({ messageId }) => messageId);
    assert.ok(first !== undefined && first === second && more.length === 0);
  },
);

testOnBothDatabases('a server that is stopped finishes the email that it is sending', async (t) => {
  let now = Date.now();
  const { smtp, database, server, response } = await startWithEmail(t, () => now);
  const stopped = server.stop();
  await waitFor(() => server.log.some(({ msg }) => msg === 'stopping'), { message: 'the server does not stop' });
  response();
  assert.equal(await stopped, 0);
  assert.equal(smtp.emails.length, 1);
  assert.equal(server.log.filter(({ level }) => Number(level) > 30).length, 0);
  const store = database.open();
  while (await store.emails.enqueue(['reminder']));
  now = Date.now() + EMAIL_LEASE_MS;
  assert.deepEqual(await store.emails.claim(1), []);
});
