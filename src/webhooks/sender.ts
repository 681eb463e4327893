import type { Logger } from 'pino';
import type { Change } from '../domain/changes.ts';
import { SERVICE } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type { AttemptResult, ClaimedDelivery, SentAttempt, Webhook, WebhookHealthChange } from '../domain/webhooks.ts';
import { toEvent } from '../events/event.ts';
import { toExcerpt } from './excerpt.ts';
import { nextAttempt } from './retries.ts';
import { CannotDecrypt, type SecretBox } from './secret-box.ts';
import { signatureHeaders } from './signature.ts';
import type { Transport } from './transport.ts';

/** How often to look whether there is something to send, in milliseconds. */
const INTERVAL = 500;
/** How many are sent to one webhook at a time, and how many to one whose last attempt was no success. */
const MAX_OF_WEBHOOK = 8;
const MAX_OF_FAILING = 1;
/** How many are sent at a time by this process. */
const MAX_UNDER_WAY = 256;
/** How often, of each look, deliveries are made of new events before those there are are sent. */
const MAX_QUEUED = 20;
/** How long a delivery is this process's own, in milliseconds: well longer than an attempt may take. */
const LEASE = 30_000;
/** How long to wait for what is being sent when the process stops, before it is abandoned. */
const STOP_TIMEOUT_MS = 5_000;
/** How long to wait then for what was abandoned to end. Together well within the time in which the process must stop. */
const ABANDON_TIMEOUT_MS = 1_000;
/** How much of an error's message is kept, in characters. */
const MAX_ERROR_LENGTH = 200;

const GONE = 410;

/** How an attempt went: without an error for a success. */
interface Outcome extends Pick<AttemptResult, 'status' | 'error'> {
  attempt: SentAttempt;
}

export interface WebhookSenderOptions {
  store: Pick<Store, 'deliveries' | 'webhooks'>;
  /** Decrypts the webhooks' secrets. */
  secretBox: SecretBox;
  transport: Transport;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  logger: Pick<Logger, 'warn' | 'info'>;
}

/**
 * Sends events to webhooks. A receiver that is slow or dead holds up nobody else: few attempts are made to one at a time,
 * and only one while it fails. What is sent is read from the change log then, so that nothing of a deleted user is.
 */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #underWay = new Map<Promise<void>, number>();
  readonly #failing = new Set<number>();
  readonly #abandon = new AbortController();
  #stopped = false;
  #tickFailed = false;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #turn = 0;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /** Sends from now on, until {@link stop}. */
  start(): void {
    this.#running = this.#run();
  }

  /**
   * Begins nothing more, and waits for what is being sent, {@link STOP_TIMEOUT_MS} and a moment at most: the store must be
   * closed in time, whatever receivers do. What takes longer is sent again once its lease has ended.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    const timer = setTimeout(() => this.#abandon.abort(), STOP_TIMEOUT_MS);
    const timeout = Promise.withResolvers<void>();
    const last = setTimeout(timeout.resolve, STOP_TIMEOUT_MS + ABANDON_TIMEOUT_MS);
    await Promise.race([this.#end(), timeout.promise]);
    clearTimeout(timer);
    clearTimeout(last);
  }

  async #end(): Promise<void> {
    await this.#running;
    await this.idle();
  }

  /**
   * Makes deliveries of new events, and begins to send those whose time has come, as many as may be sent at a time.
   *
   * @returns how many were begun.
   */
  async tick(): Promise<number> {
    const { store } = this.#options;
    let more = true;
    for (let i = 0; i < MAX_QUEUED && more; i++) more = await store.deliveries.enqueue();
    if (more) this.#wake();
    const due = await store.deliveries.dueWebhooks();
    // Everybody is first in turn, for when there is not room for all.
    const turn = due.length === 0 ? 0 : this.#turn++ % due.length;
    let begun = 0;
    for (const webhookId of [...due.slice(turn), ...due.slice(0, turn)]) {
      const room = this.#roomFor(webhookId);
      if (room <= 0 || this.#stopped) continue;
      for (const claimed of await store.deliveries.claim(webhookId, room, LEASE)) {
        this.#begin(claimed);
        begun++;
      }
    }
    return begun;
  }

  /** Fulfilled when nothing is being sent. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.keys());
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, INTERVAL);
      // A database that is away is asked again.
      await this.tick().then(
        () => {
          this.#tickFailed = false;
        },
        (err) => {
          // Not every time, while it lasts.
          if (!this.#tickFailed) this.#options.logger.warn({ err }, 'webhooks cannot be sent: tried again');
          this.#tickFailed = true;
        },
      );
      await promise;
      clearTimeout(timer);
    }
  }

  #roomFor(webhookId: number): number {
    const its = [...this.#underWay.values()].filter((id) => id === webhookId).length;
    const most = this.#failing.has(webhookId) ? MAX_OF_FAILING : MAX_OF_WEBHOOK;
    return Math.min(most - its, MAX_UNDER_WAY - this.#underWay.size);
  }

  #begin(claimed: ClaimedDelivery): void {
    const attempt: Promise<void> = this.#attempt(claimed)
      // It is tried again when its lease has ended: at worst it is sent twice.
      .catch((err) => this.#options.logger.warn({ ...describe(claimed), err }, 'it is not known how a delivery went'))
      .finally(() => {
        this.#underWay.delete(attempt);
        this.#wake();
      });
    this.#underWay.set(attempt, claimed.webhook.webhookId);
  }

  async #attempt(claimed: ClaimedDelivery): Promise<void> {
    const { store, logger } = this.#options;
    const { delivery, webhook, change } = claimed;
    if (change === undefined) {
      const error = 'the event is no longer kept';
      await store.deliveries.recordAttempt(delivery, {
        state: 'failed',
        status: null,
        error,
        nextAttemptAt: null,
        attempt: null,
      });
      return;
    }
    const outcome = await this.#send(claimed, change);
    if (outcome === undefined) return;
    const { status, error } = outcome;
    if (error === null) {
      this.#failing.delete(webhook.webhookId);
      const health = await store.deliveries.recordAttempt(delivery, {
        ...outcome,
        state: 'delivered',
        nextAttemptAt: null,
      });
      this.#logHealth(claimed, health, error);
      return;
    }
    this.#failing.add(webhook.webhookId);
    const result = this.#retry(claimed, outcome);
    if (status === GONE) {
      await store.webhooks.update(webhook.webhookId, { enabled: false }, { actor: SERVICE });
      logger.warn(describe(claimed), 'the receiver is gone: the webhook is disabled');
    }
    if (result.state === 'failed') logger.warn({ ...describe(claimed), error }, 'a delivery is given up');
    this.#logHealth(claimed, await store.deliveries.recordAttempt(delivery, result), error);
  }

  /** Says once that a webhook has begun to fail, and once that it has recovered. Its URL may hold secrets. */
  #logHealth(claimed: ClaimedDelivery, health: WebhookHealthChange | undefined, error: string | null): void {
    const { logger } = this.#options;
    if (health === 'failing') logger.warn({ ...describe(claimed), error }, 'webhook delivery failed; will retry');
    if (health === 'recovered') logger.info(describe(claimed), 'webhook delivery succeeded again');
  }

  #retry({ delivery }: ClaimedDelivery, outcome: Outcome): AttemptResult {
    const next = nextAttempt(delivery.attempts, delivery.firstAttemptAt, this.#options.clock());
    return { ...outcome, state: next === undefined ? 'failed' : 'pending', nextAttemptAt: next ?? null };
  }

  /** Undefined when it was abandoned. */
  async #send({ delivery, webhook }: ClaimedDelivery, change: Change): Promise<Outcome | undefined> {
    const { transport, clock } = this.#options;
    const { type, timestamp, data, sequence } = toEvent(change);
    const body = JSON.stringify({ type, timestamp, data, sequence });
    const at = clock();
    const attempt = (response: string | null): SentAttempt => {
      // A clock that is set back makes no time negative.
      return { at, durationMs: Math.max(0, clock() - at), response, userId: change.userId };
    };
    try {
      const id = messageId(webhook.createdAt, delivery.deliveryId);
      const signature = signatureHeaders(this.#secretsOf(webhook), id, at, body);
      const headers = { 'content-type': 'application/json', 'user-agent': 'task-api-webhooks', ...signature };
      const response = await transport({ url: webhook.url, headers, body }, this.#abandon.signal);
      const { status } = response;
      const error = status >= 200 && status < 300 ? null : `the receiver answered ${status}`;
      return { status, error, attempt: attempt(toExcerpt(response.body)) };
    } catch (error) {
      if (this.#abandon.signal.aborted) return undefined;
      return { status: null, error: explain(error).slice(0, MAX_ERROR_LENGTH), attempt: attempt(null) };
    }
  }

  /** The secrets to sign with, the newest first. */
  #secretsOf({ secret, previousSecret }: Webhook): string[] {
    const { secretBox, clock } = this.#options;
    const secrets = [secretBox.decrypt(secret)];
    if (previousSecret === null || previousSecret.validUntil <= clock()) return secrets;
    try {
      secrets.push(secretBox.decrypt(previousSecret.secret));
    } catch {
      // It was encrypted with another SECRET_KEY. Rotating is what mends that: the new secret must do.
    }
    return secrets;
  }
}

/** The same for every attempt, and never that of another delivery, nor of one from before the data was made anew. */
function messageId(createdAt: number, deliveryId: number): string {
  return `msg_${createdAt.toString(36)}_${deliveryId}`;
}

function explain(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof CannotDecrypt) return `the secret of the webhook cannot be read: ${message}`;
  // Where several addresses were tried the error of each has a message, and the whole none.
  return message || (code ?? 'the connection failed');
}

function describe({ delivery, webhook }: ClaimedDelivery): object {
  return { webhookId: webhook.webhookId, deliveryId: delivery.deliveryId };
}
