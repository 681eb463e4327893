import type { Logger } from 'pino';
import type { Change } from '../domain/changes.ts';
import { SERVICE, StoreUnavailable } from '../domain/outcomes.ts';
import type { Store } from '../domain/store.ts';
import type {
  ClaimedDelivery,
  Delivery,
  DeliveryAttemptResult,
  SentAttempt,
  Webhook,
  WebhookHealthChange,
} from '../domain/webhooks.ts';
import { toEvent } from '../events/event.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { traceFields } from '../tracing/traceparent.ts';
import { type Span, type Tracing, toTraceparent } from '../tracing/tracing.ts';
import { Poller } from '../workers/poller.ts';
import { nextAttemptAt, type RetrySchedule } from '../workers/retry-schedule.ts';
import { toExcerpt } from './excerpt.ts';
import { CannotDecrypt, type SecretBox } from './secret-box.ts';
import { signatureHeaders } from './signature.ts';
import type { WebhookTransport } from './transport.ts';

const POLL_INTERVAL_MS = 500;
/** The maximum number of attempts in flight to one webhook. */
const MAX_IN_FLIGHT_PER_WEBHOOK = 8;
/** The same, for a webhook whose last attempt failed. */
const MAX_IN_FLIGHT_PER_FAILING_WEBHOOK = 1;
/** The maximum number of attempts in flight in this process. */
const MAX_IN_FLIGHT = 256;
/** The maximum number of batches to enqueue before sending those that are due. */
const MAX_ENQUEUED_BATCHES = 20;
/** How long a claim is valid: much longer than the time limit of an attempt. */
const LEASE_MS = 30_000;
/** How long attempts in flight may take when the service stops, before they are aborted. */
const STOP_TIMEOUT_MS = 5_000;
/** How long aborted attempts may take to end. The sum is well below the time in which the process must stop. */
const ABORT_TIMEOUT_MS = 1_000;
const MAX_ERROR_LENGTH = 200;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Documented in docs/webhooks.md. */
export const WEBHOOK_RETRIES: RetrySchedule = {
  delaysMs: [
    ...[5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS],
    ...[HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS],
  ],
  lifetimeMs: 72 * HOUR_MS,
};

const GONE = 410;

/** The result of sending. `error` is null for a success. */
interface Outcome extends Pick<DeliveryAttemptResult, 'status' | 'error'> {
  attempt: SentAttempt;
}

/** An attempt whose result is to be recorded. */
interface AttemptToRecord {
  delivery: Delivery;
  result: DeliveryAttemptResult;
  /** Of log lines. */
  fields: object;
}

export interface WebhookDispatcherOptions {
  store: Pick<Store, 'deliveries' | 'webhooks'>;
  /** Decrypts the webhooks' secrets. */
  secretBox: SecretBox;
  transport: WebhookTransport;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
  /** For the jitter of retries, from 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  random?: () => number;
  logger: Pick<Logger, 'warn' | 'info'>;
  /** Counts the attempts. */
  metrics?: Pick<Metrics, 'webhookAttempts'> | undefined;
  /** Records the attempts. */
  tracing?: Tracing | undefined;
}

/**
 * Sends events to webhooks, at least once. Any number of processes can do this together. A slow or failing receiver does
 * not delay other webhooks, because the attempts in flight to each are limited. The payload is read from the change log for
 * each attempt, so that it holds no data of a user who has been deleted.
 */
export class WebhookDispatcher {
  readonly #options: WebhookDispatcherOptions;
  /** The webhook of each attempt in flight. */
  readonly #inFlight = new Map<Promise<void>, number>();
  readonly #failing = new Set<number>();
  readonly #abort = new AbortController();
  readonly #poller: Poller;
  /** Set when the result of an attempt could not be recorded, for the poller to report. */
  #outage: StoreUnavailable | undefined;
  /** The results that could not be recorded, of at most {@link MAX_IN_FLIGHT} attempts. */
  readonly #unrecorded = new Set<AttemptToRecord>();
  #rounds = 0;

  constructor(options: WebhookDispatcherOptions) {
    this.#options = options;
    this.#poller = new Poller({
      name: 'webhook dispatch',
      step: async (signal) => {
        await this.runOnce(signal);
        return false;
      },
      intervalMs: POLL_INTERVAL_MS,
      retryMs: POLL_INTERVAL_MS,
      logger: options.logger,
    });
  }

  /** Polls until {@link stop}. */
  start(): void {
    this.#poller.start();
  }

  /**
   * Starts no more attempts, and waits for those in flight, up to {@link STOP_TIMEOUT_MS} plus {@link ABORT_TIMEOUT_MS}.
   * Aborted deliveries are sent again when their lease ends.
   */
  async stop(): Promise<void> {
    const abortTimer = setTimeout(() => this.#abort.abort(), STOP_TIMEOUT_MS);
    const timeout = Promise.withResolvers<void>();
    const timeoutTimer = setTimeout(timeout.resolve, STOP_TIMEOUT_MS + ABORT_TIMEOUT_MS);
    const stopped = this.#poller.stop().then(() => this.idle());
    await Promise.race([stopped, timeout.promise]);
    clearTimeout(abortTimer);
    clearTimeout(timeoutTimer);
  }

  /**
   * Enqueues deliveries of new events, and starts attempts at those that are due, up to the limits.
   *
   * @returns the number of attempts started.
   */
  async runOnce(signal?: AbortSignal): Promise<number> {
    const { deliveries } = this.#options.store;
    const outage = this.#outage;
    this.#outage = undefined;
    if (outage !== undefined) throw outage;
    // First, because a delivery whose lease ends is sent again, and counts as another attempt.
    for (const one of this.#unrecorded) {
      this.#unrecorded.delete(one);
      await this.#record(one);
    }
    let more = true;
    for (let i = 0; i < MAX_ENQUEUED_BATCHES && more && !signal?.aborted; i++) more = await deliveries.enqueue();
    if (more) this.#poller.wake();
    const due = await deliveries.dueWebhooks();
    // The order rotates, because the limit of this process may not leave room for all webhooks.
    const first = due.length === 0 ? 0 : this.#rounds++ % due.length;
    let started = 0;
    for (const webhookId of [...due.slice(first), ...due.slice(0, first)]) {
      const limit = this.#roomFor(webhookId);
      if (limit <= 0 || signal?.aborted) continue;
      for (const claimed of await deliveries.claim(webhookId, limit, LEASE_MS)) {
        this.#startAttempt(claimed);
        started++;
      }
    }
    return started;
  }

  /** Fulfilled when no attempts are in flight. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight.keys());
  }

  /** How many more attempts at a webhook may be started. */
  #roomFor(webhookId: number): number {
    const inFlight = [...this.#inFlight.values()].filter((id) => id === webhookId).length;
    const max = this.#failing.has(webhookId) ? MAX_IN_FLIGHT_PER_FAILING_WEBHOOK : MAX_IN_FLIGHT_PER_WEBHOOK;
    return Math.min(max - inFlight, MAX_IN_FLIGHT - this.#inFlight.size);
  }

  #startAttempt(claimed: ClaimedDelivery): void {
    const attempt: Promise<void> = this.#attempt(claimed)
      // Unless its result is recorded later, the delivery is sent again when its lease ends, even if the receiver accepted it.
      .catch((err) => {
        if (err instanceof StoreUnavailable) this.#outage = err;
        else
          this.#options.logger.warn(
            { ...idsOf(claimed), ...traceFields(claimed.change?.traceparent), err },
            'webhook delivery not recorded; will retry',
          );
      })
      .finally(() => {
        this.#inFlight.delete(attempt);
        this.#poller.wake();
      });
    this.#inFlight.set(attempt, claimed.webhook.webhookId);
  }

  async #attempt(claimed: ClaimedDelivery): Promise<void> {
    const { store, logger } = this.#options;
    const { delivery, webhook, change } = claimed;
    if (change === undefined) {
      const error = 'the event is no longer kept';
      const result = { state: 'failed' as const, status: null, error, nextAttemptAt: null, attempt: null };
      await store.deliveries.recordAttempt(delivery, result);
      return;
    }
    const span = this.#startSpan(claimed);
    const traceparent = span === undefined ? change.traceparent : toTraceparent(span);
    const outcome = await this.#send(claimed, change, traceparent);
    if (span !== undefined) this.#endSpan(span, outcome);
    if (outcome === undefined) return;
    const fields = { ...idsOf(claimed), ...traceFields(traceparent) };
    const { status, error } = outcome;
    if (error === null) this.#failing.delete(webhook.webhookId);
    else this.#failing.add(webhook.webhookId);
    if (status === GONE) {
      await store.webhooks.update(webhook.webhookId, { enabled: false }, { actor: SERVICE });
      logger.warn(fields, 'webhook disabled: the receiver responded with 410 Gone');
    }
    const result = this.#toResult(claimed, outcome);
    this.#options.metrics?.webhookAttempts.inc({ result: result.state === 'pending' ? 'retried' : result.state });
    if (result.state === 'failed') logger.warn({ ...fields, error }, 'webhook delivery failed; giving up');
    await this.#record({ delivery, result, fields });
  }

  /** Has no effect if the lease has ended and the delivery was claimed again. */
  async #record(one: AttemptToRecord): Promise<void> {
    const { delivery, result, fields } = one;
    try {
      this.#logHealth(fields, await this.#options.store.deliveries.recordAttempt(delivery, result), result.error);
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#unrecorded.add(one);
      throw error;
    }
  }

  #toResult({ delivery }: ClaimedDelivery, outcome: Outcome): DeliveryAttemptResult {
    if (outcome.error === null) return { ...outcome, state: 'delivered', nextAttemptAt: null };
    const { clock, random = Math.random } = this.#options;
    const { attempts, firstAttemptAt } = delivery;
    const next = nextAttemptAt(WEBHOOK_RETRIES, attempts, firstAttemptAt, clock(), random);
    if (next === undefined) return { ...outcome, state: 'failed', nextAttemptAt: null };
    return { ...outcome, state: 'pending', nextAttemptAt: next };
  }

  /** Logs the first failure of a webhook and its recovery, without its URL, which may hold secrets. */
  #logHealth(fields: object, health: WebhookHealthChange | undefined, error: string | null): void {
    const { logger } = this.#options;
    if (health === 'failing') logger.warn({ ...fields, error }, 'webhook delivery failed; will retry');
    if (health === 'recovered') logger.info(fields, 'webhook delivery succeeded again');
  }

  /** Undefined if it was aborted. */
  async #send(
    { delivery, webhook }: ClaimedDelivery,
    change: Change,
    traceparent: string | null,
  ): Promise<Outcome | undefined> {
    const { transport, clock } = this.#options;
    const { type, timestamp, data, sequence } = toEvent(change);
    const body = JSON.stringify({ type, timestamp, data, sequence });
    const at = clock();
    const attempt = (response: string | null): SentAttempt => {
      // The clock may have been set back.
      return { at, durationMs: Math.max(0, clock() - at), response, userId: change.userId };
    };
    try {
      const id = messageId(webhook.createdAt, delivery.deliveryId);
      const signature = signatureHeaders(this.#secretsOf(webhook), id, at, body);
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'task-api-webhooks',
        ...(traceparent !== null && { traceparent }),
        ...signature,
      };
      const response = await transport({ url: webhook.url, headers, body }, this.#abort.signal);
      const { status } = response;
      const error = status >= 200 && status < 300 ? null : `the receiver responded with ${status}`;
      return { status, error, attempt: attempt(toExcerpt(response.body)) };
    } catch (error) {
      if (this.#abort.signal.aborted) return undefined;
      return { status: null, error: describeError(error).slice(0, MAX_ERROR_LENGTH), attempt: attempt(null) };
    }
  }

  /** Without the URL, which may hold secrets. */
  #startSpan({ delivery, webhook, change }: ClaimedDelivery): Span | undefined {
    return this.#options.tracing?.startFrom({ traceparent: change?.traceparent }, 'CLIENT', 'POST webhook', {
      'http.request.method': 'POST',
      ...(delivery.attempts > 1 && { 'http.request.resend_count': delivery.attempts - 1 }),
      'task_api.webhook.id': webhook.webhookId,
      'task_api.delivery.id': delivery.deliveryId,
      'task_api.event.type': delivery.type,
    });
  }

  #endSpan(span: Span, outcome: Outcome | undefined): void {
    const status = outcome?.status ?? null;
    if (status !== null) span.setAttribute('http.response.status_code', status);
    if (outcome?.error !== null) this.#options.tracing?.fail(span, status === null ? 'no_response' : String(status));
    span.end();
  }

  /** The secrets to sign with, newest first. */
  #secretsOf({ secret, previousSecret }: Webhook): string[] {
    const { secretBox, clock } = this.#options;
    const secrets = [secretBox.decrypt(secret)];
    if (previousSecret === null || previousSecret.validUntil <= clock()) return secrets;
    try {
      secrets.push(secretBox.decrypt(previousSecret.secret));
    } catch {
      // It was encrypted with another SECRET_KEY, and the webhook was rotated to recover from that.
    }
    return secrets;
  }
}

/** The same for all attempts at a delivery. The creation time makes it unique even if the database is recreated. */
function messageId(createdAt: number, deliveryId: number): string {
  return `msg_${createdAt.toString(36)}_${deliveryId}`;
}

function describeError(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof CannotDecrypt) return `the secret of the webhook cannot be read: ${message}`;
  // If several addresses were tried, this is an AggregateError, whose message is empty.
  return message || (code ?? 'the connection failed');
}

function idsOf({ delivery, webhook }: ClaimedDelivery): { webhookId: number; deliveryId: number } {
  return { webhookId: webhook.webhookId, deliveryId: delivery.deliveryId };
}
