import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { loadConfig } from '../../src/config/config.ts';
import type { EmailConfig } from '../../src/config/email.ts';
import { createEmailTransport } from '../../src/email/smtp.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '../support/certificate.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { startSmtpServer } from '../support/smtp-server.ts';

const MAIL = { messageId: 'a@example.com', to: 'john@example.com', subject: 'x', text: 'x', html: 'x' };

/** Sends an email to a server that requires a login. Returns the server's session and the email. */
async function send(t: TestContext, host: string, options: SMTPServerOptions) {
  const logins: (string | null | undefined)[][] = [];
  const smtp = await startSmtpServer(t, {
    ...options,
    authOptional: false,
    onAuth({ username, password }, _session, done) {
      logins.push([username, password]);
      done(null, { user: username });
    },
  });
  const { port } = new URL(smtp.url);
  const smtpUrl = `smtp://me%40example.com:p%3Aw@${host}:${port}`;
  const transport = createEmailTransport(loadConfig({ ...EMAIL_TEST_SETTINGS, smtpUrl }, {}).email as EmailConfig);
  const outcome = await transport.send(MAIL, AbortSignal.timeout(10_000)).then(
    () => 'sent',
    ({ code }) => code,
  );
  transport.close();
  return { outcome, logins, arrived: smtp.emails.length };
}

test('the service logs in to a server on this machine without TLS', async (t) => {
  for (const disabledCommands of [['STARTTLS'], []]) {
    const sent = await send(t, 'localhost', { disabledCommands, allowInsecureAuth: true });
    assert.deepEqual(sent, { outcome: 'sent', logins: [['me@example.com', 'p:w']], arrived: 1 });
  }
});

// That address leads to this machine, and is none of those that are known to.
const ELSEWHERE = '0.0.0.0';

test('a password is not sent to another host without TLS', async (t) => {
  const sent = await send(t, ELSEWHERE, { disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  assert.deepEqual(sent, { outcome: 'ETLS', logins: [], arrived: 0 });
});

test('a password is not sent to a server with an untrusted certificate', async (t) => {
  const sent = await send(t, ELSEWHERE, { disabledCommands: [] });
  assert.deepEqual([sent.logins, sent.arrived], [[], 0]);
});

test('if TLS is required, nothing is sent without it', async (t) => {
  for (const host of ['localhost', ELSEWHERE]) {
    const smtp = await startSmtpServer(t);
    const { port } = new URL(smtp.url);
    const without = createEmailTransport(
      loadConfig({ ...EMAIL_TEST_SETTINGS, smtpUrl: `smtp://${host}:${port}?requireTLS=true` }, {})
        .email as EmailConfig,
    );
    t.after(() => without.close());
    await assert.rejects(without.send(MAIL, AbortSignal.timeout(10_000)), { code: 'ETLS' });
    assert.deepEqual([smtp.attempts, smtp.emails], [0, []]);
  }
});

test('if TLS is required, a server with a valid certificate gets the email', async (t) => {
  setDefaultCACertificates([...getCACertificates('default'), CERTIFICATE]);
  const secure: boolean[] = [];
  const smtp = await startSmtpServer(t, {
    disabledCommands: ['AUTH'],
    cert: CERTIFICATE,
    key: CERTIFICATE_KEY,
    onMailFrom(_address, session, done) {
      secure.push(session.secure);
      done();
    },
  });
  const { port } = new URL(smtp.url);
  const smtpUrl = `smtp://localhost:${port}?requireTLS=true`;
  const transport = createEmailTransport(loadConfig({ ...EMAIL_TEST_SETTINGS, smtpUrl }, {}).email as EmailConfig);
  t.after(() => transport.close());
  await transport.send(MAIL, AbortSignal.timeout(10_000));
  assert.deepEqual([smtp.emails.length, secure], [1, [true]]);
});

test('an address that looks like several is one recipient; an international address works', async (t) => {
  const smtp = await startSmtpServer(t);
  const transport = createEmailTransport(
    loadConfig({ ...EMAIL_TEST_SETTINGS, smtpUrl: smtp.url }, {}).email as EmailConfig,
  );
  t.after(() => transport.close());
  for (const to of ["o'neil+a=b@example.com", '用户@bücher.example']) {
    await transport.send({ ...MAIL, to }, AbortSignal.timeout(10_000));
  }
  assert.deepEqual(
    smtp.emails.map(({ recipients }) => recipients),
    [["o'neil+a=b@example.com"], ['用户@bücher.example']],
  );
});
