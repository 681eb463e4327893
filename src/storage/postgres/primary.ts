import type pg from 'pg';
import type { Logger } from 'pino';
import { StoreUnavailable } from '../../domain/outcomes.ts';
import { postgresServers } from '../../formats/postgres-url.ts';
import { Poller } from '../../workers/poller.ts';
import { connectTo, hostOf } from './connect.ts';
import { ConnectFailed, NoPrimary } from './connect-failed.ts';
import { choosePrimary, readServerState, type Server } from './server-state.ts';

/** How often each host is asked for its state. */
const PROBE_INTERVAL_MS = 500;
/** How long a host may take to respond. */
const PROBE_TIMEOUT_MS = 1_000;
/** How long a statement waits until the first probe has found the primary. */
const FIRST_PROBE_TIMEOUT_MS = 2_000;

/**
 * Finds the server that accepts writes among the hosts of a URL, and follows a failover. A URL with one host leads to the
 * primary by itself, unless it has `target_session_attrs`.
 */
export class Primary {
  readonly #probes: Probe[];
  readonly #poller: Poller | undefined;
  readonly #logger: Pick<Logger, 'info' | 'warn'> | undefined;
  readonly #onChange: (() => void)[] = [];
  readonly #found = Promise.withResolvers<void>();
  #url: string | undefined;
  #current: Server | undefined;
  /** Whether the last probe found no server. */
  #failed = false;

  constructor(url: string, logger?: Pick<Logger, 'info' | 'warn'>) {
    const { urls, sessionAttributes } = postgresServers(url);
    this.#logger = logger;
    this.#probes = urls.map((host) => new Probe(host));
    if (urls.length === 1 && sessionAttributes === null) {
      this.#url = url;
      return;
    }
    this.#poller = new Poller({
      name: 'search for the primary PostgreSQL server',
      step: () => this.#probe(),
      ...{ intervalMs: PROBE_INTERVAL_MS, retryMs: PROBE_INTERVAL_MS, logger },
    });
    this.#poller.start();
  }

  /** The URL of the server for new connections; undefined until the first probe has found it. */
  get url(): string | undefined {
    return this.#url;
  }

  /**
   * Waits until the server is known.
   *
   * @throws StoreUnavailable if it is not found in time.
   */
  async find(): Promise<void> {
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FIRST_PROBE_TIMEOUT_MS);
    await Promise.race([this.#found.promise, timeout]);
    clearTimeout(timer);
    if (this.#url === undefined) throw new StoreUnavailable('PostgreSQL: no host accepts writes');
  }

  /** @param listener called when another server has become the primary. */
  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /**
   * Checks a new connection: its server may have become a standby since the last probe.
   *
   * @throws StoreUnavailable if it does not accept writes.
   */
  async verify(client: pg.ClientBase): Promise<void> {
    if (this.#poller === undefined) return;
    const server = { url: this.#url as string, ...(await readServerState(client)) };
    if (choosePrimary([server], this.#current) === undefined) {
      throw new StoreUnavailable(`PostgreSQL: ${hostOf(server.url)} does not accept writes`);
    }
  }

  async close(): Promise<void> {
    await this.#poller?.stop();
    for (const probe of this.#probes) probe.close();
  }

  async #probe(): Promise<boolean> {
    const results = await Promise.allSettled(this.#probes.map((probe) => this.#read(probe)));
    const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const newest = choosePrimary(servers, this.#current);
    const failedBefore = this.#failed;
    this.#failed = newest === undefined;
    if (newest === undefined) {
      // A server that is busy may miss one probe.
      if (!failedBefore) return false;
      throw new NoPrimary(results.map((result, i) => `${this.#probes[i]?.name}: ${describe(result)}`));
    }
    this.#use(newest);
    return false;
  }

  async #read(probe: Probe): Promise<Server> {
    const server = await probe.read();
    // A promoted standby is used at once: the old primary may hang until its probe times out.
    const current = this.#current;
    const isPromoted = server.system === current?.system && server.timeline > current.timeline;
    if (server.writable && isPromoted) this.#use(server);
    return server;
  }

  #use(server: Server): void {
    const before = this.#url;
    this.#current = server;
    if (server.url === before) return;
    this.#url = server.url;
    this.#found.resolve();
    if (before === undefined) return;
    this.#logger?.warn({ host: hostOf(server.url) }, 'another PostgreSQL server accepts writes; connecting to it');
    for (const listener of this.#onChange) listener();
  }
}

function describe(result: PromiseSettledResult<Server>): string {
  if (result.status === 'fulfilled') return 'read-only';
  return result.reason instanceof ConnectFailed ? result.reason.problem : (result.reason as Error).message;
}

/** Reads the state of one server repeatedly, on one connection. */
class Probe {
  readonly #url: string;
  #client: pg.Client | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  get name(): string {
    return hostOf(this.#url);
  }

  /** @throws Error if the server does not respond in time. */
  async read(): Promise<Server> {
    try {
      const options = { application_name: 'task-api probe', query_timeout: PROBE_TIMEOUT_MS };
      this.#client ??= await connectTo(this.#url, options, PROBE_TIMEOUT_MS);
      return { url: this.#url, ...(await readServerState(this.#client)) };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    // The server may never respond, so this is not waited for.
    this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }
}
