import { domainToASCII } from 'node:url';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { MailConfig } from '../config.ts';
import { MAIL_LIFETIME, type MailKind, type MailOutcome, type QueuedMail } from '../domain/emails.ts';
import type { Store } from '../domain/store.ts';
import { toMilliseconds } from '../formats/date-time.ts';
import { emailKey } from '../formats/email-address.ts';
import { newConfirmationLink } from './confirmation/link.ts';
import { isRefusal, type MailTransport } from './smtp.ts';
import { confirmationContent, type MailContent, reminderContent } from './templates.ts';

/** How long to rest when nothing is due, in milliseconds. */
const REST = 1_000;
/** How many mails are under way at once: as many as are sent within the time that one may take. */
const MAILS_AT_ONCE = 16;
/** How long to wait after the first failed attempt, in milliseconds; twice as long after each that follows, up to this. */
const FIRST_PAUSE = 60_000;
const LONGEST_PAUSE = 60 * 60_000;
/** How long emails of one kind to one user are dropped before the log has that again, in milliseconds. */
const DROP_LOG_INTERVAL_MS = 60 * 60_000;
/** For how many users that is remembered. */
const MAX_LOGGED_DROPS = 1_000;
/** How long mails that are under way may take when the service stops, in milliseconds. */
const STOP_TIMEOUT = 3_000;

export interface MailSenderOptions {
  store: Store;
  config: MailConfig;
  transport: MailTransport;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/** A mail as it is now, or undefined when it need not be sent any more. */
type Prepared = { to: string; content: MailContent; tokenHash?: Uint8Array } | undefined;

/**
 * Sends the mails that the change log asks for, at least once: one whose process ends between the server's answer and
 * the note of it is sent again under the same Message-ID, by which mail programs know it. Any number of processes do so
 * together. What a mail says is made of what is stored when it is sent.
 */
export class MailSender {
  readonly #options: MailSenderOptions;
  readonly #kinds: readonly MailKind[];
  readonly #domain: string;
  readonly #loggedDrops = new LRUCache<string, number>({ max: MAX_LOGGED_DROPS });
  readonly #stop = new AbortController();
  #stopped = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: MailSenderOptions) {
    const { from, confirmEmail } = options.config;
    this.#options = options;
    this.#kinds = confirmEmail ? ['reminder', 'confirmation'] : ['reminder'];
    this.#domain = domainToASCII(from.address.slice(from.address.lastIndexOf('@') + 1));
  }

  /** Goes on by itself until {@link stop}. */
  start(): void {
    this.#running = this.tick().then(
      () => {
        this.#failing = false;
      },
      (err) => {
        // A database that is away for an hour is not reported every second.
        if (!this.#failing) this.#options.logger.warn({ err }, 'mails are not sent now: later again');
        this.#failing = true;
      },
    );
    this.#running.finally(() => {
      if (!this.#stopped) this.#timer = setTimeout(() => this.start(), REST);
    });
  }

  /** Begins no more, and waits for what is under way, but not for long. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#stop.abort(), STOP_TIMEOUT);
    await this.#running;
    clearTimeout(timer);
    this.#options.transport.close();
  }

  /** Queues what the change log asks for, and sends what is due. */
  async tick(): Promise<void> {
    const { store } = this.#options;
    while (!this.#stopped && (await store.queueMails(this.#kinds)));
    while (!this.#stopped) {
      const mails = await store.claimMails(MAILS_AT_ONCE);
      const settled = await Promise.allSettled(
        mails.map(async (mail) => store.settleMail(mail, await this.#attempt(mail))),
      );
      // The database is away: those mails come again when their lease ends.
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
      if (mails.length < MAILS_AT_ONCE) return;
    }
  }

  async #attempt(mail: QueuedMail): Promise<MailOutcome> {
    const { transport, clock, logger } = this.#options;
    const { mailId, kind, userId, taskId, attempts, createdAt } = mail;
    // Of a mail that never came to be sent, as one that every attempt was lost with.
    if (clock() - createdAt >= MAIL_LIFETIME) return this.#giveUp(mail, {});
    const prepared = await (kind === 'reminder' ? this.#prepareReminder(mail) : this.#prepareConfirmation(mail));
    if (prepared === undefined) return { state: 'dropped' };
    const { to, content, tokenHash } = prepared;
    try {
      await transport.send({ messageId: `${mailId}@${this.#domain}`, to, ...content }, this.#stop.signal);
      return { state: 'sent', tokenHash };
    } catch (error) {
      // Not its message: servers name the address in theirs.
      const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown };
      const reason = { code, responseCode, command };
      const nextAttemptAt = clock() + Math.min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE);
      if (isRefusal(error) || nextAttemptAt - createdAt >= MAIL_LIFETIME) return this.#giveUp(mail, reason);
      logger.warn({ mailId, kind, userId, taskId, attempts, ...reason }, 'a mail is not sent: later again');
      return { state: 'waiting', nextAttemptAt };
    }
  }

  #giveUp({ mailId, kind, userId, taskId, attempts }: QueuedMail, reason: object): MailOutcome {
    this.#options.logger.warn({ mailId, kind, userId, taskId, attempts, ...reason }, 'a mail is given up');
    return { state: 'failed' };
  }

  async #prepareReminder(mail: QueuedMail): Promise<Prepared> {
    const { userId, taskId } = mail;
    const { store, config, clock } = this.#options;
    const task = await store.getTask(taskId as number);
    const found = await store.getEmailConfirmation(userId);
    if (task === undefined || found === undefined || task.userId !== userId) return undefined;
    // The address may be a stranger's, and a task is any text that a user chose.
    if (config.confirmEmail && found.state !== 'confirmed') return undefined;
    if (task.taskStatus === 'COMPLETED' || task.taskStatus === 'CANCELLED') return undefined;
    // It was put off, and is reminded of when that time comes.
    if (clock() < toMilliseconds(task.dueDate) - task.warningOffset * 60_000) return undefined;
    if (!(await this.#mayReach(found.contactEmail, mail))) return undefined;
    return { to: found.contactEmail, content: reminderContent(task, config.publicUrl, clock()) };
  }

  async #prepareConfirmation(mail: QueuedMail): Promise<Prepared> {
    const { userId } = mail;
    const { store, config } = this.#options;
    // Nobody could confirm: the page is not there.
    if (!config.confirmEmail) return undefined;
    const found = await store.getEmailConfirmation(userId);
    if (found === undefined || found.state === 'confirmed') return undefined;
    const { contactEmail } = found;
    if (!(await this.#mayReach(contactEmail, mail))) return undefined;
    // A link of its own for each attempt, since only its hash is kept: one that got lost on the way is good as well.
    const { url, tokenHash } = newConfirmationLink(config.publicUrl);
    if (!(await store.addConfirmationLink({ tokenHash, userId, contactEmail }))) return undefined;
    return { to: contactEmail, content: confirmationContent(url, config.publicUrl), tokenHash };
  }
  /** False when too many emails were sent to this address, or reminders of this task. */
  async #mayReach(contactEmail: string, { mailId, kind, userId, taskId }: QueuedMail): Promise<boolean> {
    const { store, clock, logger } = this.#options;
    if (await store.recordEmailSend({ mailId, kind, taskId, contactEmailKey: emailKey(contactEmail) })) return true;
    const key = `${kind} ${userId}`;
    const loggedAt = this.#loggedDrops.get(key) ?? Number.NEGATIVE_INFINITY;
    if (clock() - loggedAt >= DROP_LOG_INTERVAL_MS) {
      this.#loggedDrops.set(key, clock());
      logger.warn({ mailId, kind, userId, taskId }, 'email dropped: too many to this address or of this task');
    }
    return false;
  }
}
