import type pg from 'pg';
import type { CallerSlots } from '../sql/caller-slots.ts';
import { connectTo, hostOf } from './connect.ts';
import { Database } from './database.ts';
import { ListReader } from './lists.ts';
import { toPosition } from './log-position.ts';
import { isPooled } from './pooler.ts';
import { Primary } from './primary.ts';

/** How long a replica may take to respond to a poll, in milliseconds. After that, it is not used. */
const RESPONSE_TIMEOUT_MS = 1_000;

/** After a failover, a replica may be the primary. Then its position is null. */
const STATE = 'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END';

/** Replicas have the same as their primary. Another cluster would have other data, and positions with another meaning. */
export const IDENTITY = {
  name: 'cluster_identity',
  text: "SELECT concat(system_identifier, ' ', current_database()) FROM pg_control_system()",
};

/** A server that lists can be read from. */
export interface ListServer {
  db: Database;
  lists: ListReader;
}

export interface ReplicaOptions {
  /** Milliseconds of a clock that is never set. */
  now: () => number;
  /** Called with the error of an idle connection that failed. */
  onError: (error: Error) => void;
  /** Limit the long lists of a caller on all servers together. */
  slots: CallerSlots;
}

/** A copy of the database on another server, as of its last poll. */
export class Replica {
  /** Its host and port. */
  readonly name: string;
  /** The position in the log up to which it has all changes. */
  position = '';
  /** The time (`now`) of the last poll, before which its response arrived. */
  polledAt = Number.NEGATIVE_INFINITY;
  /** It has everything that was acknowledged before this time (`now`). Minus infinity if it cannot be used by any process. */
  completeAt = Number.NEGATIVE_INFINITY;
  /** Since when events wait for it (`now`); infinity if they do not. */
  countedSince = Number.POSITIVE_INFINITY;
  /** Whether it has changes that its primary does not have: a failover has lost them. Until it continues from another position. */
  diverged = false;
  /** The number of lists that are being read from it. */
  inFlight = 0;
  /** When it was connected to. */
  connectedAt = Number.NEGATIVE_INFINITY;
  readonly #url: string;
  readonly #now: () => number;
  readonly #onError: (error: Error) => void;
  readonly #slots: CallerSlots;
  #respondedAt = Number.NEGATIVE_INFINITY;
  /** For polls. It ends when the server does. */
  #client: pg.Client | undefined;
  #server: ListServer | undefined;

  /**
   * @param options see `ReplicasOptions`.
   */
  constructor(url: string, { now, onError, slots }: ReplicaOptions) {
    this.name = hostOf(url);
    this.#url = url;
    this.#now = now;
    this.#onError = onError;
    this.#slots = slots;
  }

  /** Whether it responds. */
  get isUp(): boolean {
    const isResponding = performance.now() - this.#respondedAt <= RESPONSE_TIMEOUT_MS;
    return this.#client !== undefined && !this.diverged && isResponding;
  }

  /** Its connections. Only if it {@link isUp}. */
  get server(): ListServer {
    return this.#server as ListServer;
  }

  /**
   * Reads its position. Connects first, unless it is connected.
   *
   * @param identity of the primary: see {@link IDENTITY}.
   * @throws Error if it does not respond, or cannot be used as a replica.
   */
  async poll(identity: string): Promise<void> {
    try {
      this.#client ??= await this.#connect(identity).catch((error) => {
        this.completeAt = Number.NEGATIVE_INFINITY;
        throw error;
      });
      const { rows } = await this.#client.query<[string | null]>({ text: STATE, rowMode: 'array' });
      const lsn = rows[0]?.[0] ?? null;
      if (lsn === null) {
        this.completeAt = Number.NEGATIVE_INFINITY;
        throw new Error(`${this.name} is not a replica: it accepts writes`);
      }
      const position = toPosition(lsn);
      if (position !== this.position) this.diverged = false;
      this.position = position;
      this.polledAt = this.#now();
      this.#respondedAt = performance.now();
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** Does not use it until the next poll. */
  leave(): void {
    // The server may never respond, so this is not waited for.
    this.#client?.end().catch(() => undefined);
    this.#client = undefined;
    // Another server may be there next, or the same one as of an earlier position.
    this.#respondedAt = Number.NEGATIVE_INFINITY;
  }

  async close(): Promise<void> {
    this.leave();
    await Promise.all([this.#server?.lists.close(), this.#server?.db.close()]);
  }

  async #connect(identity: string): Promise<pg.Client> {
    const options = { application_name: 'task-api', query_timeout: RESPONSE_TIMEOUT_MS };
    const client = await connectTo(this.#url, options, RESPONSE_TIMEOUT_MS);
    try {
      const { rows } = await client.query<[string]>({ text: IDENTITY.text, rowMode: 'array' });
      if (rows[0]?.[0] !== identity) throw new Error(`${this.name} is not a replica of the database in DATABASE_URL`);
      this.#server ??= this.#createServer(await isPooled(client));
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    client.once('end', () => {
      if (this.#client === client) this.leave();
    });
    this.connectedAt = this.#now();
    return client;
  }

  #createServer(pooled: boolean): ListServer {
    const server = new Primary(this.#url);
    const db = new Database(server, this.#onError, { pooled });
    return { db, lists: new ListReader(db, server, this.#onError, this.#slots) };
  }
}
