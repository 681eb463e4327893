import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail that arrived. */
export interface ReceivedMail extends Email {
  /** The recipients of the envelope. */
  recipients: string[];
  /** Every header, by name in small letters. */
  header: Record<string, string>;
}

export interface TestSmtpServer {
  /** As `SMTP_URL` takes it. */
  url: string;
  /** What was taken, in order. */
  mails: ReceivedMail[];
  /** Set by a test: the answer to the next mails; undefined takes them. */
  refusal: { command: 'RCPT TO' | 'DATA'; status: number } | undefined;
  /** Set by a test: called with a mail that has arrived whole, before the answer to it. */
  beforeAnswer: ((mail: ReceivedMail) => Promise<void>) | undefined;
  /** How many times a mail was begun. */
  attempts: number;
  close: () => Promise<void>;
}

/** An SMTP server on a free port, until the test ends: without TLS and login, unless its options say otherwise. */
export async function startSmtpServer(
  t: Pick<TestContext, 'after'>,
  options: SMTPServerOptions = {},
): Promise<TestSmtpServer> {
  const refuse = (command: string) => {
    if (tested.refusal?.command !== command) return null;
    return Object.assign(new Error('<john.doe@example.com> not now'), { responseCode: tested.refusal.status });
  };
  const server = new SMTPServer({
    logger: false,
    closeTimeout: 100,
    disabledCommands: ['AUTH', 'STARTTLS'],
    ...options,
    onRcptTo(_address, _session, done) {
      tested.attempts++;
      done(refuse('RCPT TO'));
    },
    async onData(stream, session, done) {
      const email = await PostalMime.parse(await buffer(stream));
      const mail = {
        ...email,
        recipients: session.envelope.rcptTo.map(({ address }) => address),
        header: Object.fromEntries(email.headers.map(({ key, value }) => [key, value])),
      };
      await tested.beforeAnswer?.(mail);
      const refused = refuse('DATA');
      if (refused === null) tested.mails.push(mail);
      done(refused);
    },
  });
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const tested: TestSmtpServer = {
    url: `smtp://127.0.0.1:${port}`,
    mails: [],
    refusal: undefined,
    beforeAnswer: undefined,
    attempts: 0,
    close,
  };
  t.after(close);
  return tested;
}
