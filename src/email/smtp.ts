import { createTransport } from 'nodemailer';
import type { EmailConfig } from '../config/email.ts';
import { isLoopback } from '../formats/url.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** How long to wait for data from the server. */
const RESPONSE_TIMEOUT_MS = 30_000;
/** The time limit of one email: much less than the lease of an attempt, because emails may wait for a free connection. */
const SEND_TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 4;

/** An email to send. */
export interface Email {
  /** Without angle brackets. */
  messageId: string;
  /** An address, without a name. */
  to: string;
  subject: string;
  text: string;
  html: string;
}

export interface EmailTransport {
  /**
   * Fulfilled when the server has accepted the email.
   *
   * @param signal aborts it.
   * @throws Error if it was not accepted. See `isPermanentRejection` in `smtp-errors.ts`.
   */
  send(email: Email, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Sends emails by SMTP (RFC 5321), over a pool of connections. */
export function createEmailTransport(config: EmailConfig): EmailTransport {
  const transport = createTransport({
    ...smtpOptions(config),
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    // The queue decides when to retry.
    maxRequeues: 0,
  });
  return {
    async send({ messageId, to, ...content }, signal) {
      await transport.sendMail({
        ...content,
        from: { ...config.from },
        // A string would be parsed as a list of addresses.
        to: { name: '', address: to },
        messageId: `<${messageId}>`,
        // Prevents automatic replies (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
        // The content is text only and never names a file or URL to read.
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]),
      });
    },
    close: () => transport.close({ force: true }),
  };
}

/** Connects and logs in, without sending anything. @throws Error with the reason if that fails. */
export async function checkSmtp(config: EmailConfig): Promise<void> {
  const transport = createTransport(smtpOptions(config));
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

function smtpOptions({ server: { host, port, tls, requireTls, login } }: EmailConfig) {
  return {
    host,
    port,
    secure: tls,
    // A password is sent over TLS only. The exception is a server on this machine: it is not reached over the network, and
    // its certificate is usually self-signed.
    requireTLS: requireTls || (login !== undefined && !isLoopback(host)),
    ignoreTLS: isLoopback(host) && !requireTls,
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: RESPONSE_TIMEOUT_MS,
  };
}
