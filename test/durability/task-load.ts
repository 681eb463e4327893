import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';

/** How long a response may take. */
const RESPONSE_TIMEOUT_MS = 20_000;
/** The most connections to a process. During an outage, `fetch` would open one for each request. */
const CONNECTIONS = 256;
/** The time before a request with an idempotency key is sent again. It doubles with each attempt, up to the maximum. */
const MIN_RETRY_MS = 250;
const MAX_RETRY_MS = 4_000;
/** How many tasks with a key may wait: in a long outage, more retries would be a load of their own. */
const MAX_RETRIED = 500;
/** How many of the requests have a key and are sent until they succeed. */
const WITH_KEY = 0.5;
/** How many of the requests with a key are sent again after they succeeded. */
const REPEATED = 0.05;

export interface CreatedTask {
  taskId: number;
  title: string;
}

/** A task that the service acknowledged to one of its processes, and when the request was sent and the response arrived. */
interface Acknowledgement {
  server: number;
  sentAt: number;
  at: number;
}

/** Creates tasks at a constant rate, whether the service responds or not, and keeps what it acknowledged. */
export class TaskLoad {
  /** The ids of the acknowledged tasks, by title. */
  readonly acknowledged = new Map<string, number>();
  /** Every title that was sent. */
  readonly sent = new Set<string>();
  /** The titles with an idempotency key. */
  readonly withKey = new Set<string>();
  readonly violations: string[] = [];
  /** Since the last {@link takeAcknowledgements}. */
  #acknowledgements: Acknowledgement[] = [];
  /** How many requests were rejected with 503 or 408, lost their connection, or were sent again. */
  readonly counts = { unavailable: 0, lost: 0, repeated: 0 };
  readonly #urls: readonly string[];
  readonly #userId: number;
  readonly #random: () => number;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  #stopping = false;
  /** How many tasks with a key are not acknowledged yet. */
  #retried = 0;

  /** @param perSecond how many tasks are created a second, on the processes at these URLs in turn. */
  constructor(urls: readonly string[], userId: number, perSecond: number, random: () => number) {
    this.#urls = urls;
    this.#userId = userId;
    this.#random = random;
    const startedAt = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000);
      while (this.sent.size < due) this.#start();
    }, 5);
  }

  takeAcknowledgements(): Acknowledgement[] {
    const taken = this.#acknowledgements;
    this.#acknowledgements = [];
    return taken;
  }

  /** Stops, when every request with a key has succeeded. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    await Promise.all(this.#inFlight);
    this.#agent.destroy();
  }

  #start(): void {
    const title = `task ${this.sent.size}`;
    const server = this.sent.size % this.#urls.length;
    this.sent.add(title);
    const hasKey = this.#random() < WITH_KEY && this.#retried < MAX_RETRIED;
    const repeats = this.#random() < REPEATED;
    const done = (hasKey ? this.#createOnce(server, title, repeats) : this.#create(server, title)).catch((error) => {
      this.violations.push(`${title}: ${(error as Error).message}`);
    });
    this.#inFlight.add(done);
    done.finally(() => this.#inFlight.delete(done));
  }

  /** Sends a task with an idempotency key until it is acknowledged, to the processes in turn. */
  async #createOnce(first: number, title: string, repeats: boolean): Promise<void> {
    this.withKey.add(title);
    const key = randomUUID();
    const deadline = performance.now() + 60_000;
    this.#retried++;
    for (let attempt = 0; !(await this.#create((first + attempt) % this.#urls.length, title, key)); attempt++) {
      if (this.#stopping && performance.now() > deadline) throw new Error('not created within a minute');
      await wait(Math.min(MIN_RETRY_MS * 2 ** attempt, MAX_RETRY_MS) * (0.5 + this.#random() / 2));
    }
    this.#retried--;
    if (!repeats) return;
    this.counts.repeated++;
    await wait(this.#random() * 10_000);
    await this.#create(first, title, key);
  }

  /** Returns whether the task was acknowledged. */
  async #create(server: number, title: string, key?: string): Promise<boolean> {
    const sentAt = performance.now();
    let response: { status: number; canRetry: boolean; body: { taskId?: number } };
    try {
      response = await this.#post(`${this.#urls[server]}/tasks`, title, key);
    } catch {
      this.counts.lost++;
      return false;
    }
    const { status, canRetry, body } = response;
    // 408: on a busy machine, the request did not arrive in time.
    if (status === 408 || (status === 503 && canRetry)) {
      this.counts.unavailable++;
      return false;
    }
    if (status !== 201 || body.taskId === undefined) throw new Error(`${status} ${JSON.stringify(body)}`);
    const before = this.acknowledged.get(title);
    if (before !== undefined && before !== body.taskId) {
      throw new Error(`acknowledged as ${before} and as ${body.taskId}`);
    }
    this.acknowledged.set(title, body.taskId);
    this.#acknowledgements.push({ server, sentAt, at: performance.now() });
    return true;
  }

  async #post(url: string, title: string, key: string | undefined) {
    const sent = request(url, {
      ...{ method: 'POST', agent: this.#agent, timeout: RESPONSE_TIMEOUT_MS },
      headers: {
        ...{ authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' },
        ...(key !== undefined && { 'idempotency-key': key }),
      },
    });
    sent.on('timeout', () => sent.destroy(new Error('no response in time')));
    const task = { userId: this.#userId, taskTitle: title, dueDate: '2099-01-01T00:00:00Z', warningOffset: 0 };
    sent.end(JSON.stringify(task));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const { statusCode: status = 0, headers } = response;
    return { status, canRetry: 'retry-after' in headers, body: (await json(response)) as { taskId?: number } };
  }
}
