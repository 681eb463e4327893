import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Change,
  type ChangeQuery,
  type ChangeRepository,
  type EventPage,
  type EventQuery,
  EventsPruned,
} from '../../domain/changes.ts';
import type { Freshness, Page } from '../../domain/lists.ts';
import { type ActorOptions, StoreBusy } from '../../domain/outcomes.ts';
import { CHANGE_LIST, type ChangeRowFilter, toChangeRowQuery } from '../sql/change-list.ts';
import { CHANGE_COLUMNS, isPruned, NEW_CHANGE_FIELDS, type NewChange, toChange } from '../sql/change-rows.ts';
import { columnList, columnValues } from '../sql/columns.ts';
import type { ListTable } from '../sql/list-sql.ts';
import { ChangePartitions } from './change-partitions.ts';
import { arrayParameters, columnArrays } from './column-arrays.ts';
import type { Database, Queryable } from './database.ts';
import type { Lists } from './lists.ts';
import { type EventSource, type HighWaterMark, type Replicas, Unknown } from './replicas.ts';

const NEW_COLUMNS = columnList(NEW_CHANGE_FIELDS);

/** Adds an entry to the change log. Returns its sequence number. */
export async function insertChange(
  client: Queryable,
  change: NewChange,
  { actor, traceparent }: ActorOptions,
  now: number,
): Promise<number> {
  const [row] = await client.query({
    name: 'insert_change',
    text: `INSERT INTO changes (at, actor, traceparent, ${NEW_COLUMNS})
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING sequence`,
    values: [now, actor, traceparent, ...columnValues(NEW_CHANGE_FIELDS, change)],
  });
  return row?.[0] as number;
}

/** Erases a user's values from the change log, and the idempotency keys whose responses contain them. */
export async function eraseValues(client: Queryable, userId: number): Promise<void> {
  await client.query({
    name: 'erase_values',
    text: `UPDATE changes SET old_values = NULL, new_values = NULL
           WHERE user_id = $1 AND (old_values IS NOT NULL OR new_values IS NOT NULL)`,
    values: [userId],
  });
  await client.query({
    name: 'erase_former_values',
    text: 'UPDATE changes SET old_values = NULL WHERE former_user_id = $1',
    values: [userId],
  });
  await client.query({
    name: 'delete_keys',
    text: 'DELETE FROM idempotency_keys WHERE user_id = $1',
    values: [userId],
  });
}

/** Adds entries to the change log, in order. */
export async function insertChanges(
  client: Queryable,
  changes: readonly NewChange[],
  { actor, traceparent }: ActorOptions,
  now: number,
): Promise<void> {
  if (changes.length === 0) return;
  await client.query({
    name: 'insert_changes',
    text: `INSERT INTO changes (at, actor, traceparent, ${NEW_COLUMNS})
           SELECT $1, $2, $3, ${NEW_COLUMNS} FROM unnest(${arrayParameters(NEW_CHANGE_FIELDS, 4)}) WITH ORDINALITY
             AS input (${NEW_COLUMNS}, ordinal)
           ORDER BY ordinal`,
    values: [now, actor, traceparent, ...columnArrays(NEW_CHANGE_FIELDS, changes)],
  });
}

/** The maximum number of entries that are pruned in one transaction. */
const PRUNED_PER_BATCH = 1_000;

/** How long an entry waits for its partition to be dropped, at most, in relation to its age. */
const MAX_WAIT = 1 / 4;

/** How many times, and at which interval, to check whether transactions in flight have ended. */
const MAX_CHECKS = 100;
const CHECK_INTERVAL_MS = 5;

/**
 * The same for the events that the replicas have. They are not known yet when a process has just started, and do not include
 * what the token has just written.
 */
const MAX_SOURCE_CHECKS = 40;
const SOURCE_CHECK_INTERVAL_MS = 50;

/**
 * The transactions that write to the change log: each holds this lock from before it takes a sequence number until it ends.
 * The view contains the locks of all databases, and another database may have a table with the same OID.
 */
const WRITERS = `SELECT virtualtransaction FROM pg_locks
  WHERE relation = 'changes'::regclass AND mode = 'RowExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** The list of changes. */
export const CHANGES: ListTable<ChangeRowFilter, 'sequence'> = { ...CHANGE_LIST, visible: 'true' };

/**
 * The change log. Sequence numbers are assigned before their transactions commit, and those commit in any order. A reader
 * therefore gets entries only up to the high-water mark, below which no transaction in flight can add any.
 */
export class PostgresChangeRepository implements ChangeRepository {
  readonly #db: Database;
  readonly #lists: Lists;
  readonly #clock: () => number;
  readonly #partitions: ChangePartitions;
  readonly #replicas: Replicas | undefined;
  /** The high-water mark that was determined last. */
  #highWaterMark = 0;
  /** The newest sequence number that was assigned when it was last checked. */
  #newestAssigned = 0;
  #inFlight: Promise<HighWaterMark> | undefined;

  /** @param replicas undefined if there are none. */
  constructor(db: Database, lists: Lists, clock: () => number, replicas?: Replicas) {
    this.#db = db;
    this.#lists = lists;
    this.#clock = clock;
    this.#partitions = new ChangePartitions(db);
    this.#replicas = replicas;
  }

  list(query: ChangeQuery): Promise<Page<Change>> {
    return this.#lists.read(CHANGES, toChange, toChangeRowQuery(query));
  }

  async read(query: EventQuery): Promise<EventPage | typeof EventsPruned> {
    const source = await this.#source(query);
    const read = await this.#replicas?.read(source?.replica, ({ server }) =>
      readUpTo(server.db, query, source?.highWaterMark as number),
    );
    if (source === undefined) return this.#readFromPrimary(query);
    const page = read ?? (await readUpTo(this.#db, query, source.highWaterMark));
    if (source.isLate && page !== EventsPruned && page.changes.length === 0) {
      throw new StoreBusy('PostgreSQL: it takes too long to find out which events are complete');
    }
    return page;
  }

  /** From where to read events if there are replicas; undefined for the current ones, from the primary. */
  async #source({ freshness, caller }: Pick<EventQuery, 'freshness' | 'caller'>): Promise<EventSource | undefined> {
    const { position = '' } = freshness ?? {};
    let source = this.#replicas?.chooseForEvents(freshness, caller);
    for (let checks = 1; checks < MAX_SOURCE_CHECKS; checks++) {
      if (source === undefined || (source !== Unknown && source.covers >= position)) return source;
      await sleep(SOURCE_CHECK_INTERVAL_MS);
      source = this.#replicas?.chooseForEvents(freshness, caller);
    }
    if (source === Unknown) throw new StoreBusy('PostgreSQL: it is not known yet which events all replicas have');
    return source;
  }

  async #readFromPrimary(query: EventQuery): Promise<EventPage | typeof EventsPruned> {
    const newest = await this.newest();
    const page = await readUpTo(this.#db, query, newest);
    const isEmpty = page !== EventsPruned && page.changes.length === 0;
    if (isEmpty && (await this.#hasWithheld(Math.max(query.after, newest)))) {
      throw new StoreBusy('PostgreSQL: a transaction that writes to the change log has been open for too long');
    }
    return page;
  }

  /** Whether there are entries after a sequence number that are above the high-water mark. */
  async #hasWithheld(sequence: number): Promise<boolean> {
    // Usually the last check has found the newest entry.
    if (this.#newestAssigned <= sequence) return false;
    const text = 'SELECT 1 FROM changes WHERE sequence > $1 LIMIT 1';
    return (await this.#db.query({ name: 'select_withheld_change', text, values: [sequence] })).length > 0;
  }

  async newest(freshness?: Freshness): Promise<number> {
    const source = await this.#source({ freshness });
    return source?.highWaterMark ?? (await this.findHighWaterMark()).sequence;
  }

  /** Finds the high-water mark. Concurrent callers share one check. */
  findHighWaterMark(): Promise<HighWaterMark> {
    this.#inFlight ??= this.#findHighWaterMark().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  /**
   * Drops a partition, or deletes rows if that is not possible. A large log has partitions, which are dropped when their newest
   * entry is old enough. If older entries would have to wait too long for that, they are deleted.
   */
  async prune(before: number, signal?: AbortSignal): Promise<boolean> {
    const oldest = await this.#partitions.oldest();
    if (oldest !== undefined && oldest.newestAt < before && (await this.#partitions.drop(before))) return true;
    const maxWaitMs = oldest === undefined ? 0 : (this.#clock() - before) * MAX_WAIT;
    if (await this.#deleteRows(before - maxWaitMs)) return true;
    await this.#partitions.split(signal);
    return false;
  }

  /** Deletes in order, and never the newest entry, as SQLite does. */
  async #deleteRows(before: number): Promise<boolean> {
    const rows = await this.#db.query({
      name: 'prune_changes',
      text: `WITH oldest AS (SELECT sequence, at FROM changes ORDER BY sequence LIMIT $2)
             DELETE FROM changes WHERE sequence IN (SELECT sequence FROM oldest WHERE at < $1)
               AND sequence < (SELECT max(sequence) FROM changes)
               AND sequence < coalesce((SELECT min(sequence) FROM oldest WHERE at >= $1), $3)
             RETURNING 1`,
      values: [before, PRUNED_PER_BATCH, Number.MAX_SAFE_INTEGER],
    });
    return rows.length > 0;
  }

  async #findHighWaterMark(): Promise<HighWaterMark> {
    const [newest] = await this.#db.query({
      name: 'select_newest_sequence',
      text: 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM changes_sequence_seq',
    });
    const last = newest?.[0] as number;
    this.#newestAssigned = last;
    if (last <= this.#highWaterMark) return { sequence: this.#highWaterMark, complete: true };
    // Only transactions in flight now can hold one of these numbers; later ones get greater numbers.
    let writers = await this.#writers();
    for (let checks = 1; writers.size > 0 && checks < MAX_CHECKS; checks++) {
      await sleep(CHECK_INTERVAL_MS);
      writers = writers.intersection(await this.#writers());
    }
    const complete = writers.size === 0;
    if (complete) this.#highWaterMark = last;
    return { sequence: this.#highWaterMark, complete };
  }

  async #writers(): Promise<Set<unknown>> {
    const rows = await this.#db.query({ name: 'select_change_writers', text: WRITERS });
    return new Set(rows.map(([transaction]) => transaction));
  }
}

/** Reads entries after a sequence number up to another one, below which all are committed. */
async function readUpTo(
  db: Queryable,
  { after, limit, userId }: EventQuery,
  newest: number,
): Promise<EventPage | typeof EventsPruned> {
  const [oldest] = await db.query({ name: 'select_oldest_change', text: 'SELECT min(sequence) FROM changes' });
  if (isPruned(after, (oldest?.[0] as number | null) ?? undefined)) return EventsPruned;
  const ofUser = userId === undefined ? '' : 'AND user_id = $4';
  const rows = await db.query({
    name: `read_events${userId === undefined ? '' : '_of_user'}`,
    text: `SELECT ${CHANGE_COLUMNS} FROM changes WHERE sequence > $1 AND sequence <= $2 ${ofUser}
           ORDER BY sequence LIMIT $3`,
    values: [after, newest, limit, ...(userId === undefined ? [] : [userId])],
  });
  const changes = rows.map(toChange);
  const full = changes.length === limit;
  return { changes, upTo: Math.max(after, full ? (changes.at(-1)?.sequence ?? 0) : newest), more: full, newest };
}
