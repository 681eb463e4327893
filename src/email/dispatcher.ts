import { domainToASCII } from 'node:url';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { MailConfig } from '../config.ts';
import { EMAIL_LIFETIME_MS, type EmailKind, type EmailOutcome, type QueuedEmail } from '../domain/emails.ts';
import type { Store } from '../domain/store.ts';
import { toMilliseconds } from '../formats/date-time.ts';
import { emailKey } from '../formats/email-address.ts';
import { Poller } from '../workers/poller.ts';
import { newConfirmationLink } from './confirmation/link.ts';
import { isRefusal, type MailTransport } from './smtp.ts';
import { confirmationContent, type MailContent, reminderContent } from './templates.ts';

const POLL_INTERVAL_MS = 1_000;
/** How many emails are in flight at once. */
const EMAILS_PER_BATCH = 16;
/** How long to wait after the first failed attempt, in milliseconds; twice as long after each that follows, up to this. */
const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 60 * 60_000;
/** How long emails of one kind to one user are dropped before the log has that again, in milliseconds. */
const DROP_LOG_INTERVAL_MS = 60 * 60_000;
/** For how many users that is remembered. */
const MAX_LOGGED_DROPS = 1_000;
/** How long emails in flight may take when the service stops. */
const STOP_TIMEOUT_MS = 3_000;

export interface EmailDispatcherOptions {
  store: Store;
  config: MailConfig;
  transport: MailTransport;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** An email as it is now, or undefined if it is not needed any more. */
type Prepared = { to: string; content: MailContent; tokenHash?: Uint8Array } | undefined;

/**
 * Sends the emails that entries of the change log require, at least once. If a process ends between the SMTP server's
 * response and recording it, the email is sent again under the same Message-ID, by which email programs recognize
 * duplicates. Any number of processes can do this together. The content is made from the data at the time of sending.
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
        claimed.map(async (email) => emails.recordAttempt(email, await this.#attempt(email))),
      );
      // If the database is unavailable, these emails are claimed again when their lease ends.
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      if (claimed.length < EMAILS_PER_BATCH) return;
    }
  }

  async #attempt(mail: QueuedEmail): Promise<EmailOutcome> {
    const { transport, clock, logger } = this.#options;
    const { emailId, kind, userId, taskId, attempts, createdAt } = mail;
    // Of a mail that never came to be sent, as one that every attempt was lost with.
    if (clock() - createdAt >= EMAIL_LIFETIME_MS) return this.#giveUp(mail, {});
    const prepared = await (kind === 'reminder' ? this.#prepareReminder(mail) : this.#prepareConfirmation(mail));
    if (prepared === undefined) return { state: 'cancelled' };
    const { to, content, tokenHash } = prepared;
    try {
      await transport.send({ messageId: `${emailId}@${this.#domain}`, to, ...content }, this.#stop.signal);
      return { state: 'delivered', tokenHash };
    } catch (error) {
      // Not its message: servers name the address in theirs.
      const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown };
      const reason = { code, responseCode, command };
      const nextAttemptAt = clock() + Math.min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE);
      if (isRefusal(error) || nextAttemptAt - createdAt >= EMAIL_LIFETIME_MS) return this.#giveUp(mail, reason);
      logger.warn({ emailId, kind, userId, taskId, attempts, ...reason }, 'a mail is not sent: later again');
      return { state: 'pending', nextAttemptAt };
    }
  }

  #giveUp({ emailId, kind, userId, taskId, attempts }: QueuedEmail, reason: object): EmailOutcome {
    this.#options.logger.warn({ emailId, kind, userId, taskId, attempts, ...reason }, 'a mail is given up');
    return { state: 'failed' };
  }

  async #prepareReminder(mail: QueuedEmail): Promise<Prepared> {
    const { userId, taskId } = mail;
    const { store, config, clock } = this.#options;
    const task = await store.tasks.get(taskId as number);
    const found = await store.emails.getConfirmation(userId);
    if (task === undefined || found === undefined || task.userId !== userId) return undefined;
    // The address may be a stranger's, and a task is any text that a user chose.
    if (config.confirmEmail && found.state !== 'confirmed') return undefined;
    if (task.taskStatus === 'COMPLETED' || task.taskStatus === 'CANCELLED') return undefined;
    // It was put off, and is reminded of when that time comes.
    if (clock() < toMilliseconds(task.dueDate) - task.warningOffset * 60_000) return undefined;
    if (!(await this.#mayReach(found.contactEmail, mail))) return undefined;
    return { to: found.contactEmail, content: reminderContent(task, config.publicUrl, clock()) };
  }

  async #prepareConfirmation(mail: QueuedEmail): Promise<Prepared> {
    const { userId } = mail;
    const { store, config } = this.#options;
    // Nobody could confirm: the page is not there.
    if (!config.confirmEmail) return undefined;
    const found = await store.emails.getConfirmation(userId);
    if (found === undefined || found.state === 'confirmed') return undefined;
    const { contactEmail } = found;
    if (!(await this.#mayReach(contactEmail, mail))) return undefined;
    // A link of its own for each attempt, since only its hash is kept: one that got lost on the way is good as well.
    const { url, tokenHash } = newConfirmationLink(config.publicUrl);
    if (!(await store.emails.addConfirmationLink({ tokenHash, userId, contactEmail }))) return undefined;
    return { to: contactEmail, content: confirmationContent(url, config.publicUrl), tokenHash };
  }
  /** False when too many emails were sent to this address, or reminders of this task. */
  async #mayReach(contactEmail: string, { emailId, kind, userId, taskId }: QueuedEmail): Promise<boolean> {
    const { store, clock, logger } = this.#options;
    if (await store.emails.recordSend({ emailId, kind, taskId, contactEmailKey: emailKey(contactEmail) })) return true;
    const key = `${kind} ${userId}`;
    const loggedAt = this.#loggedDrops.get(key) ?? Number.NEGATIVE_INFINITY;
    if (clock() - loggedAt >= DROP_LOG_INTERVAL_MS) {
      this.#loggedDrops.set(key, clock());
      logger.warn({ emailId, kind, userId, taskId }, 'email dropped: too many to this address or of this task');
    }
    return false;
  }
}
