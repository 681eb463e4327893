import type { Logger } from 'pino';
import type { Freshness } from '../../domain/lists.ts';
import { StoreBusy, StoreUnavailable } from '../../domain/outcomes.ts';
import { Poller } from '../../workers/poller.ts';
import type { Database } from './database.ts';
import { LOG_POSITION, type LogPosition, toPosition } from './log-position.ts';
import { IDENTITY, Replica, type ReplicaOptions } from './replica.ts';

/** The time between two polls of a server, in milliseconds. */
const POLL_INTERVAL_MS = 250;
/**
 * A replica counts for events for this long before and after it is used, in milliseconds: another process may have polled it a
 * little earlier or later.
 */
const EVENT_GRACE_MS = 1_000;

/** What is known about the primary at one moment. */
interface Sample {
  /** A time (`now`) before the position was read. */
  at: number;
  /** Everything that was acknowledged before `at` is before this position. */
  position: string;
  /** Events that can be read up to this position; undefined if they are not known yet. */
  events: EventMark | undefined;
}

/** Events that are complete: no transaction in flight can add one before the last of them. */
export interface EventMark {
  /** The sequence number of the last one. */
  highWaterMark: number;
  /** Includes everything that was acknowledged before this time (`now`). */
  at: number;
  /** Includes everything before this position. */
  covers: string;
}

/** The high-water mark of the change log, and whether it is known to include all entries that were committed before. */
export interface HighWaterMark {
  sequence: number;
  complete: boolean;
}

/** From where events are read, and how far. */
export interface EventSource {
  /** Undefined for the primary. */
  replica: Replica | undefined;
  /** The last event that every replica in use has, whichever process uses it. */
  highWaterMark: number;
  /** The events include everything before this position. */
  covers: string;
  /** Whether it takes longer than allowed to find out which events are complete, so that there may be more. */
  isLate: boolean;
}

/** It is not known yet which events the replicas have. */
export const Unknown = Symbol('Unknown');

export interface ReplicasOptions extends ReplicaOptions {
  urls: readonly string[];
  /** How far behind a replica may be, in milliseconds. */
  maxLagMs: number;
  /** For polls only: they must not wait for other statements. */
  primary: Database;
  /** The position of the writes of this process. */
  log: LogPosition;
  /** Receives when a replica is left out, and when it is used again. */
  logger?: Pick<Logger, 'info' | 'warn'> | undefined;
}

/**
 * Chooses the replica for each read. The positions of the primary and of each replica are polled, so that no read waits for
 * them. A replica that has replayed the log up to a position that the primary had at some time is not behind that time. So no
 * clocks of servers are compared.
 */
export class Replicas {
  readonly replicas: readonly Replica[];
  readonly #options: ReplicasOptions;
  readonly #pollers: Poller[];
  /** Oldest first. */
  #samples: Sample[] = [];
  /** The time of the first of all. */
  #sampledSince = Number.POSITIVE_INFINITY;
  /** Those that were never polled. */
  readonly #unpolled: Set<Replica>;
  #identity: string | undefined;
  /** The newest complete events. */
  #completeEvents: EventMark | undefined;
  /** Those of them that all replicas have that count. */
  #events: (EventMark & { position: string }) | undefined;
  #findingEvents = false;
  /** The number of reads by server; the primary is `primary`. */
  readonly reads = new Map<string, number>();

  /** @param findHighWaterMark of the change log on the primary. */
  constructor(options: ReplicasOptions, findHighWaterMark: () => Promise<HighWaterMark>) {
    const { urls, logger } = options;
    this.#options = options;
    this.replicas = urls.map((url) => new Replica(url, options));
    this.#unpolled = new Set(this.replicas);
    const timing = { intervalMs: POLL_INTERVAL_MS, retryMs: POLL_INTERVAL_MS };
    const pollers = this.replicas.map((replica) => {
      const step = () => this.#poll(replica);
      return new Poller({ name: `reading from the replica ${replica.name}`, step, ...timing, logger });
    });
    const step = async () => {
      await this.#sample();
      for (const poller of pollers) poller.start();
      this.#findEvents(findHighWaterMark);
      return false;
    };
    this.#pollers = [new Poller({ name: 'position of the primary', step, ...timing }), ...pollers];
    for (const name of ['primary', ...this.replicas.map((replica) => replica.name)]) this.reads.set(name, 0);
    this.#pollers[0]?.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#pollers.map((poller) => poller.stop()));
    await Promise.all([this.#options.primary.close(), ...this.replicas.map((replica) => replica.close())]);
  }

  /** How far behind a replica is, in milliseconds. Infinity if it cannot be used at all. */
  lagMs(replica: Replica): number {
    return replica.isUp ? this.#options.now() - replica.completeAt : Number.POSITIVE_INFINITY;
  }

  /** Whether a replica is used for requests without requirements of their own. */
  isInUse(replica: Replica): boolean {
    return this.#isUsable(replica) && this.lagMs(replica) <= this.#options.maxLagMs;
  }

  /** A replica that is fresh enough for a list, or undefined. */
  choose(freshness: Freshness | undefined, caller: number | string | undefined): Replica | undefined {
    const oldest = this.#oldest(freshness);
    const { position = '' } = freshness ?? {};
    return this.#leastBusy(
      this.replicas.filter(
        (replica) => this.#isUsable(replica) && replica.completeAt >= oldest && replica.position >= position,
      ),
      caller,
    );
  }

  /**
   * Chooses from where events are read. No list is older than an event, so an event is shown when every replica has it that any
   * process uses; `position` does not matter. Undefined for the current events: if no replica is used, or none of these events is
   * as new as the request demands.
   */
  chooseForEvents(
    freshness: Freshness | undefined,
    caller: number | string | undefined,
  ): EventSource | typeof Unknown | undefined {
    const { now, maxLagMs } = this.#options;
    const { maxAgeMs = maxLagMs } = freshness ?? { maxAgeMs: 0 };
    // Time has passed since the last poll.
    this.#update();
    const events = this.#events;
    if (maxAgeMs < maxLagMs && !(events !== undefined && events.at >= this.#oldest(freshness))) return undefined;
    if (this.#unpolled.size > 0) return Unknown;
    if (!this.replicas.some((replica) => this.#isCounted(replica))) return undefined;
    if (events === undefined) return Unknown;
    const replica = this.choose({ position: events.position }, caller);
    const foundAt = this.#completeEvents?.at ?? Number.NEGATIVE_INFINITY;
    return { replica, highWaterMark: events.highWaterMark, covers: events.covers, isLate: foundAt < now() - maxLagMs };
  }

  /** Reads from a replica. Undefined if there is none or it fails: then read from the primary. */
  async read<T extends object | symbol>(
    replica: Replica | undefined,
    read: (replica: Replica) => Promise<T>,
  ): Promise<T | undefined> {
    this.count(replica);
    if (replica === undefined) return undefined;
    replica.inFlight++;
    try {
      return await read(replica);
    } catch (error) {
      if (!this.hasFailed(replica, error)) throw error;
      this.count(undefined);
      return undefined;
    } finally {
      replica.inFlight--;
    }
  }

  /** Whether an error means that a replica cannot be used now. Then it is left out until the next poll. */
  hasFailed(replica: Replica, error: unknown): boolean {
    if (!(error instanceof StoreUnavailable) || error instanceof StoreBusy) return false;
    replica.leave();
    return true;
  }

  /** Counts a read of a replica or, if undefined, of the primary. */
  count(replica: Replica | undefined): void {
    const name = replica?.name ?? 'primary';
    this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
  }

  /** A read may show the state of this time (`now`) or a later one. */
  #oldest(freshness: Freshness | undefined): number {
    const { now, maxLagMs } = this.#options;
    const { maxAgeMs = maxLagMs } = freshness ?? { maxAgeMs: 0 };
    return maxAgeMs === 0 ? Number.POSITIVE_INFINITY : now() - Math.min(maxAgeMs, maxLagMs);
  }

  /** Of equally busy ones, always the same for a caller, so that the caller's pages seldom go back in time. */
  #leastBusy(candidates: Replica[], caller: number | string | undefined): Replica | undefined {
    const first = candidates.length < 2 ? 0 : toNumber(caller) % candidates.length;
    const ordered = [...candidates.slice(first), ...candidates.slice(0, first)];
    return ordered.reduce<Replica | undefined>(
      (least, replica) => (least === undefined || replica.inFlight < least.inFlight ? replica : least),
      undefined,
    );
  }

  async #poll(replica: Replica): Promise<boolean> {
    const { now, maxLagMs } = this.#options;
    try {
      await replica.poll(this.#identity as string);
    } finally {
      this.#unpolled.delete(replica);
      this.#update();
    }
    if (replica.diverged) throw new Error(`${replica.name} has changes that the primary does not have`);
    // Right after the start, it is not known how far behind it is.
    if (now() - Math.max(replica.completeAt, replica.connectedAt) > maxLagMs) {
      throw new Error(`${replica.name} is more than ${maxLagMs / 1000} s behind`);
    }
    return false;
  }

  /** Reads the position of the primary. */
  async #sample(): Promise<void> {
    const { primary, log, now, maxLagMs } = this.#options;
    this.#identity ??= (await primary.query(IDENTITY))[0]?.[0] as string;
    const at = now();
    let events = this.#completeEvents;
    const [row] = await primary.query(LOG_POSITION);
    const position = toPosition(row?.[0] as string);
    const last = this.#samples.at(-1);
    if (last !== undefined && position < last.position) {
      // After a failover that lost changes.
      log.reset(position);
      this.#samples = [];
      this.#sampledSince = at;
      this.#completeEvents = undefined;
      events = undefined;
    } else {
      log.advance(row?.[0] as string);
    }
    const kept = this.#samples.filter((sample) => sample.at >= at - maxLagMs - EVENT_GRACE_MS);
    this.#samples = [...kept, { at, position, events }];
    this.#sampledSince = Math.min(this.#sampledSince, at);
    // A replica cannot have more than its primary has had later.
    for (const replica of this.replicas) {
      if (replica.polledAt <= at && replica.position > position) replica.diverged = true;
    }
    this.#update();
  }

  /** Finds the events that are complete, unless that is in progress: it may wait for transactions in flight. */
  #findEvents(findHighWaterMark: () => Promise<HighWaterMark>): void {
    const sample = this.#samples.at(-1);
    if (this.#findingEvents || sample === undefined) return;
    this.#findingEvents = true;
    findHighWaterMark()
      .then(({ sequence, complete }) => {
        // After a failover, positions have another meaning.
        if (!complete || !this.#samples.includes(sample)) return;
        this.#completeEvents = { highWaterMark: sequence, at: sample.at, covers: sample.position };
      })
      .catch(() => undefined)
      .finally(() => {
        this.#findingEvents = false;
      });
  }

  /** Determines what each replica has. */
  #update(): void {
    for (const replica of this.replicas) {
      if (replica.isUp || replica.completeAt !== Number.NEGATIVE_INFINITY) {
        const sample = replica.diverged ? undefined : this.#newestUpTo(replica.position);
        replica.completeAt = sample?.at ?? Number.NEGATIVE_INFINITY;
      }
      if (!this.#isCounted(replica)) replica.countedSince = Number.POSITIVE_INFINITY;
      else replica.countedSince = Math.min(replica.countedSince, this.#options.now());
    }
    const counted = this.replicas.filter((replica) => this.#isCounted(replica));
    const common = counted.map(({ position }) => position).sort()[0];
    const sample = common === undefined ? undefined : this.#newestUpTo(common);
    this.#events = sample?.events && { ...sample.events, position: sample.position };
  }

  /** Whether events wait for it: a process may use it. */
  #isCounted({ isUp, completeAt }: Replica): boolean {
    const oldest = this.#options.now() - this.#options.maxLagMs - EVENT_GRACE_MS;
    // It is behind the first sample, and not known how far.
    if (completeAt === Number.NEGATIVE_INFINITY) return isUp && this.#sampledSince >= oldest;
    return completeAt >= oldest;
  }

  /** Whether it has all events that were shown before all processes counted it. */
  #isUsable({ isUp, completeAt, countedSince }: Replica): boolean {
    return isUp && completeAt >= countedSince + EVENT_GRACE_MS;
  }

  #newestUpTo(position: string): Sample | undefined {
    return this.#samples.findLast((sample) => sample.position <= position);
  }
}

/** The same number for the same caller, in all processes. */
function toNumber(caller: number | string = 0): number {
  if (typeof caller === 'number') return caller;
  return [...caller].reduce((sum, character) => sum + (character.codePointAt(0) as number), 0);
}
