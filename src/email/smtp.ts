import { createTransport } from 'nodemailer';
import { isLoopback, type MailConfig } from '../config.ts';

/** How long the server may take to connect, and to say something each time, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
const ANSWER_TIMEOUT = 30_000;
/** How long a mail may take altogether, in milliseconds: less than an attempt's lease, with room for some in a row. */
const SEND_TIMEOUT = 60_000;
/** How many connections there are at most. */
const CONNECTIONS = 4;

/** A mail as it is handed to the server. */
export interface Mail {
  /** Without angle brackets. */
  messageId: string;
  /** An address. */
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** What sends mails. */
export interface MailTransport {
  /** Fulfilled when the server has taken the mail. Given up when `signal` says so. */
  send(mail: Mail, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Sends mails by SMTP (RFC 5321), over a few connections that stay open for a while. */
export function openSmtp(config: MailConfig): MailTransport {
  // What is tried again, and when, is for the queue to say.
  const transport = createTransport({
    ...smtpOptions(config),
    pool: true,
    maxConnections: CONNECTIONS,
    maxRequeues: 0,
  });
  return {
    async send({ messageId, to, ...content }, signal) {
      await transport.sendMail({
        ...content,
        from: { ...config.from },
        // As an object it is never read as a list of several.
        to: { name: '', address: to },
        messageId: `<${messageId}>`,
        // RFC 3834: answering machines do not answer.
        headers: { 'Auto-Submitted': 'auto-generated' },
        // Nothing in a text names a file or a URL to be read.
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT)]),
      });
    },
    close: () => transport.close({ force: true }),
  };
}

/** Connects and logs in, and no more. @throws Error that says why that cannot be done. */
export async function checkSmtp(config: MailConfig): Promise<void> {
  const transport = createTransport(smtpOptions(config));
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

function smtpOptions({ server: { host, port, tls, requireTls, login } }: MailConfig) {
  return {
    host,
    port,
    secure: tls,
    // A password goes over the network only where nobody can read it. A server on this machine is reached without the
    // network, and has as a rule a certificate that nobody vouches for.
    requireTLS: requireTls || (login !== undefined && !isLoopback(host)),
    ignoreTLS: isLoopback(host) && !requireTls,
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: CONNECT_TIMEOUT,
    greetingTimeout: CONNECT_TIMEOUT,
    socketTimeout: ANSWER_TIMEOUT,
  };
}

/**
 * Whether the server has refused this mail for good (RFC 5321, section 4.2.1): its recipient or its content. A refusal of
 * the sender or of the login is about all mails, and the operator may put it right.
 */
export function isRefusal(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  const permanent = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
  return permanent && (command === 'RCPT TO' || command === 'DATA');
}
