import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { ChangeChannel, ChangeMessage } from '../../domain/change-channel.ts';
import { connect } from './connect.ts';
import { isPooled } from './pooler.ts';

const CHANNEL = 'task_api_changes';
/** After this time without a response, the connection counts as lost. */
const RESPONSE_TIMEOUT_MS = 3_000;
/** The delay before the first attempt to reconnect. Each further delay is twice as long, up to the maximum. */
const MIN_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;

export interface PostgresChangeChannelOptions {
  /** Of the server itself. Through a pooler, no message arrives. */
  url: string;
  logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Messages by LISTEN and NOTIFY, on a connection of its own. A transaction with NOTIFY holds a lock of the whole server while
 * it commits, so those that write data must not contain any.
 */
export class PostgresChangeChannel implements ChangeChannel {
  readonly #url: string;
  readonly #logger: PostgresChangeChannelOptions['logger'];
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #receive: (message: ChangeMessage) => void = () => undefined;
  #client: pg.Client | undefined;
  readonly #unsent = new Set<ChangeMessage>();
  #sending = false;
  #failing = false;

  /** Connects, and connects again whenever the connection is lost, until {@link close}. */
  constructor({ url, logger }: PostgresChangeChannelOptions) {
    this.#url = url;
    this.#logger = logger;
    this.#running = this.#run();
  }

  /** Without a connection, the message is lost. */
  send(message: ChangeMessage): void {
    if (this.#client === undefined) return;
    this.#unsent.add(message);
    if (!this.#sending) this.#sendAll(this.#client);
  }

  onMessage(receive: (message: ChangeMessage) => void): void {
    this.#receive = receive;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(() => undefined);
    await this.#running;
  }

  async #sendAll(client: pg.Client): Promise<void> {
    this.#sending = true;
    try {
      for (const message of this.#unsent) {
        this.#unsent.delete(message);
        await client.query('SELECT pg_notify($1, $2)', [CHANNEL, message]);
      }
    } catch {
      // Then `#run` connects again. While a statement is in flight, this does not wait for the server.
      await client.end().catch(() => undefined);
    } finally {
      this.#sending = false;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let delayMs = MIN_RETRY_MS; !signal.aborted; delayMs = Math.min(2 * delayMs, MAX_RETRY_MS)) {
      try {
        const client = await this.#listen();
        if (client === undefined) return;
        delayMs = MIN_RETRY_MS;
        await this.#use(client);
      } catch (err) {
        if (!this.#failing) this.#logger.warn({ err }, 'change notifications failed; will retry');
        this.#failing = true;
      }
      await sleep(delayMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Connects and listens. Undefined if there is a pooler in between. */
  async #listen(): Promise<pg.Client | undefined> {
    const config = { application_name: 'task-api listener', query_timeout: RESPONSE_TIMEOUT_MS, keepAlive: true };
    const client = await connect(this.#url, config);
    try {
      if (await isPooled(client)) {
        this.#logger.info('DATABASE_DIRECT_URL is not set; streams poll for changes of other processes');
        await client.end();
        return undefined;
      }
      client.on('notification', ({ processId, payload }) => {
        const isOwn = processId === (client as { processID?: number }).processID;
        if (!isOwn) this.#receive(payload as ChangeMessage);
      });
      // A message can be lost anyway, so no commit of one waits for the disk.
      await client.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Sends on a connection until it ends. */
  async #use(client: pg.Client): Promise<void> {
    const ended = once(client, 'end');
    if (this.#closing.signal.aborted) await client.end();
    if (this.#failing) this.#logger.info('change notifications recovered');
    this.#failing = false;
    this.#unsent.clear();
    this.#client = client;
    try {
      await ended;
    } finally {
      this.#client = undefined;
    }
  }
}
