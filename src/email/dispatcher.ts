import { domainToASCII } from 'node:url';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { EmailConfig } from '../config/email.ts';
import { type ClaimedEmail, EMAIL_LIFETIME_MS, type EmailAttemptResult, type EmailKind } from '../domain/emails.ts';
import type { Store } from '../domain/store.ts';
import { toMilliseconds } from '../formats/date-time.ts';
import { emailKey } from '../formats/email-address.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { traceFields } from '../tracing/traceparent.ts';
import { errorType, type Span, type Tracing, toTraceparent } from '../tracing/tracing.ts';
import { Poller } from '../workers/poller.ts';
import { nextAttemptAt, type RetrySchedule } from '../workers/retry-schedule.ts';
import { newConfirmationLink } from './confirmation/link.ts';
import type { EmailTransport } from './smtp.ts';
import { isPermanentRejection } from './smtp-errors.ts';
import { confirmationContent, type EmailContent, reminderContent } from './templates.ts';

const POLL_INTERVAL_MS = 1_000;
/** The maximum number of emails in flight in this process. */
const EMAILS_PER_BATCH = 16;
/** The minimum time between two log entries about dropped emails of one kind to one user. */
const DROP_LOG_INTERVAL_MS = 60 * 60_000;
/** The maximum number of users and kinds for which the last such log entry is kept. */
const MAX_LOGGED_DROPS = 1_000;
/** How long emails in flight may take when the service stops. */
const STOP_TIMEOUT_MS = 3_000;

const MINUTE_MS = 60_000;

/** Documented in docs/email.md. */
export const EMAIL_RETRIES: RetrySchedule = {
  delaysMs: [1, 2, 4, 8, 16, 32, 60].map((minutes) => minutes * MINUTE_MS),
  lifetimeMs: EMAIL_LIFETIME_MS,
};

export interface EmailDispatcherOptions {
  store: Store;
  config: EmailConfig;
  transport: EmailTransport;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** For the jitter of retries, from 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  random?: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
  /** Counts the attempts. */
  metrics?: Pick<Metrics, 'emailAttempts'> | undefined;
  /** Records the attempts to send. */
  tracing?: Tracing | undefined;
}

/** The recipient and content of an email, or undefined if it is no longer needed. */
type PreparedEmail = { to: string; content: EmailContent; tokenHash?: Uint8Array } | undefined;

/**
 * Sends the emails that entries of the change log require, at least once. Any number of processes can do this together. If
 * a process ends between the SMTP server's response and recording it, the email is sent again under the same Message-ID, by
 * which email programs recognize duplicates. The content is made from the data at the time of sending.
 */
export class EmailDispatcher {
  readonly #options: EmailDispatcherOptions;
  readonly #kinds: readonly EmailKind[];
  readonly #domain: string;
  readonly #loggedDrops = new LRUCache<string, number>({ max: MAX_LOGGED_DROPS });
  readonly #stop = new AbortController();
  readonly #poller: Poller;

  constructor(options: EmailDispatcherOptions) {
    const { from, confirmEmail } = options.config;
    this.#options = options;
    this.#kinds = confirmEmail ? ['reminder', 'confirmation'] : ['reminder'];
    this.#poller = new Poller({
      name: 'email dispatch',
      step: async (signal) => {
        await this.runOnce(signal);
        return false;
      },
      intervalMs: POLL_INTERVAL_MS,
      retryMs: POLL_INTERVAL_MS,
      logger: options.logger,
    });
    this.#domain = domainToASCII(from.address.slice(from.address.lastIndexOf('@') + 1));
  }

  /** Polls until {@link stop}. */
  start(): void {
    this.#poller.start();
  }

  /** Starts no more emails, and waits up to {@link STOP_TIMEOUT_MS} for those in flight. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), STOP_TIMEOUT_MS);
    await this.#poller.stop();
    clearTimeout(timer);
    this.#options.transport.close();
  }

  /** Enqueues new emails and sends those that are due. */
  async runOnce(signal?: AbortSignal): Promise<void> {
    const { emails } = this.#options.store;
    while (!signal?.aborted && (await emails.enqueue(this.#kinds)));
    while (!signal?.aborted) {
      const claimed = await emails.claim(EMAILS_PER_BATCH);
      const results = await Promise.allSettled(
        claimed.map(async (email) => {
          const result = await this.#attempt(email);
          this.#options.metrics?.emailAttempts.inc({ result: result.state === 'pending' ? 'retried' : result.state });
          await emails.recordAttempt(email, result);
        }),
      );
      // If the database is unavailable, these emails are claimed again when their lease ends.
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      if (claimed.length < EMAILS_PER_BATCH) return;
    }
  }

  async #attempt(email: ClaimedEmail): Promise<EmailAttemptResult> {
    const { transport, clock, random = Math.random, logger, tracing } = this.#options;
    const { emailId, attempts, createdAt } = email;
    // Checked before sending, because the results of all attempts may be lost, such as when the process crashes each time.
    if (clock() - createdAt >= EMAIL_LIFETIME_MS) return this.#giveUp(fieldsOf(email, email.traceparent));
    const prepared = await (email.kind === 'reminder'
      ? this.#prepareReminder(email)
      : this.#prepareConfirmation(email));
    if (prepared === undefined) return { state: 'cancelled' };
    const { to, content, tokenHash } = prepared;
    const span = this.#startSpan(email);
    const fields = fieldsOf(email, span === undefined ? email.traceparent : toTraceparent(span));
    try {
      await transport.send({ messageId: `${emailId}@${this.#domain}`, to, ...content }, this.#stop.signal);
      return { state: 'delivered', tokenHash };
    } catch (error) {
      if (span !== undefined) tracing?.fail(span, errorType(error));
      // The error's message is left out, because servers quote the recipient's address in it.
      const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown };
      const reason = { code, responseCode, command };
      const next = nextAttemptAt(EMAIL_RETRIES, attempts, createdAt, clock(), random);
      if (isPermanentRejection(error) || next === undefined) return this.#giveUp({ ...fields, ...reason });
      logger.warn({ ...fields, ...reason }, 'email delivery failed; will retry');
      return { state: 'pending', nextAttemptAt: next };
    } finally {
      span?.end();
    }
  }

  /** Without the recipient. */
  #startSpan({ kind, emailId, attempts, traceparent }: ClaimedEmail): Span | undefined {
    return this.#options.tracing?.startFrom({ traceparent }, 'CLIENT', 'send email', {
      'network.protocol.name': 'smtp',
      'task_api.email.id': emailId,
      'task_api.email.kind': kind,
      'task_api.email.attempt': attempts,
    });
  }

  #giveUp(fields: object): EmailAttemptResult {
    this.#options.logger.warn(fields, 'email delivery failed; giving up');
    return { state: 'failed' };
  }

  async #prepareReminder(email: ClaimedEmail): Promise<PreparedEmail> {
    const { userId, taskId } = email;
    const { store, config, clock } = this.#options;
    const task = await store.tasks.get(taskId as number);
    const confirmation = await store.emails.getConfirmation(userId);
    if (task === undefined || confirmation === undefined || task.userId !== userId) return undefined;
    const { contactEmail, state } = confirmation;
    // An unconfirmed address may belong to a stranger, and a task is free text that a user wrote.
    if (config.confirmEmail && state !== 'confirmed') return undefined;
    if (task.taskStatus === 'COMPLETED' || task.taskStatus === 'CANCELLED') return undefined;
    // The task was rescheduled, and has another reminder at its new time.
    if (clock() < toMilliseconds(task.dueDate) - task.warningOffset * MINUTE_MS) return undefined;
    if (!(await this.#recordSend(contactEmail, email))) return undefined;
    return { to: contactEmail, content: reminderContent(task, config.publicUrl, clock()) };
  }

  async #prepareConfirmation(email: ClaimedEmail): Promise<PreparedEmail> {
    const { userId } = email;
    const { store, config } = this.#options;
    // CONFIRM_EMAIL was turned off, and the page that the link leads to does not exist any more.
    if (!config.confirmEmail) return undefined;
    const confirmation = await store.emails.getConfirmation(userId);
    if (confirmation === undefined || confirmation.state === 'confirmed') return undefined;
    const { contactEmail } = confirmation;
    if (!(await this.#recordSend(contactEmail, email))) return undefined;
    // Each attempt has its own link, because only hashes are stored. Links of earlier attempts stay valid.
    const { url, tokenHash } = newConfirmationLink(config.publicUrl);
    if (!(await store.emails.addConfirmationLink({ tokenHash, userId, contactEmail }))) return undefined;
    return { to: contactEmail, content: confirmationContent(url, config.publicUrl), tokenHash };
  }

  /** False if a limit on emails to this address or reminders of this task is reached. */
  async #recordSend(contactEmail: string, email: ClaimedEmail): Promise<boolean> {
    const { emailId, kind, userId, taskId, traceparent } = email;
    const { store, clock, logger } = this.#options;
    if (await store.emails.recordSend({ emailId, kind, taskId, contactEmailKey: emailKey(contactEmail) })) return true;
    const key = `${kind} ${userId}`;
    const loggedAt = this.#loggedDrops.get(key) ?? Number.NEGATIVE_INFINITY;
    if (clock() - loggedAt >= DROP_LOG_INTERVAL_MS) {
      this.#loggedDrops.set(key, clock());
      logger.warn(
        { emailId, kind, userId, taskId, ...traceFields(traceparent) },
        'email dropped: too many to this address or of this task',
      );
    }
    return false;
  }
}

/** The fields of an email for the log. */
function fieldsOf({ emailId, kind, userId, taskId, attempts }: ClaimedEmail, traceparent: string | null): object {
  return { emailId, kind, userId, taskId, attempts, ...traceFields(traceparent) };
}
