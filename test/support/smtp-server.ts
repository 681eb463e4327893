import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** An email that the server received. */
export interface ReceivedEmail extends Email {
  /** The recipients in the envelope. */
  recipients: string[];
  /** Every header; names are in lower case. */
  header: Record<string, string>;
}

export interface TestSmtpServer {
  /** As `SMTP_URL` takes it. */
  url: string;
  /** The accepted emails, in order. */
  emails: ReceivedEmail[];
  /** Set by a test: rejects the next emails with this status. Undefined accepts them. */
  rejection: { command: 'RCPT TO' | 'DATA'; status: number } | undefined;
  /** Set by a test: called with each complete email, before the response to it. */
  beforeResponse: ((email: ReceivedEmail) => Promise<void>) | undefined;
  /** How many emails were started (`RCPT TO`). */
  attempts: number;
  close: () => Promise<void>;
}

/** Starts an SMTP server on a free port; it stops when the test ends. By default it offers neither TLS nor login. */
export async function startSmtpServer(
  t: Pick<TestContext, 'after'>,
  options: SMTPServerOptions = {},
): Promise<TestSmtpServer> {
  const reject = (command: string) => {
    if (tested.rejection?.command !== command) return null;
    return Object.assign(new Error('<john.doe@example.com> not now'), { responseCode: tested.rejection.status });
  };
  const server = new SMTPServer({
    logger: false,
    closeTimeout: 100,
    disabledCommands: ['AUTH', 'STARTTLS'],
    ...options,
    onRcptTo(_address, _session, done) {
      tested.attempts++;
      done(reject('RCPT TO'));
    },
    async onData(stream, session, done) {
      const parsed = await PostalMime.parse(await buffer(stream));
      const received = {
        ...parsed,
        recipients: session.envelope.rcptTo.map(({ address }) => address),
        header: Object.fromEntries(parsed.headers.map(({ key, value }) => [key, value])),
      };
      await tested.beforeResponse?.(received);
      const error = reject('DATA');
      if (error === null) tested.emails.push(received);
      done(error);
    },
  });
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  const tested: TestSmtpServer = {
    url: `smtp://127.0.0.1:${port}`,
    emails: [],
    rejection: undefined,
    beforeResponse: undefined,
    attempts: 0,
    close,
  };
  t.after(close);
  return tested;
}
