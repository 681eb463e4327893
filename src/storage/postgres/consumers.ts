import { setTimeout as pause } from 'node:timers/promises';
import { type Change, type EventPage, type EventQuery, EventsRemoved } from '../../domain/changes.ts';
import { StoreBusy } from '../../domain/outcomes.ts';
import { CHANGE_COLUMNS, isRemoved, toChange } from '../sql/change-rows.ts';
import type { Database, Queryable } from './database.ts';

/** How often, and after how many milliseconds, to look whether the transactions under way have ended. */
const TRIES = 100;
const PAUSE = 5;

/** The transactions that write to the change log: each holds this lock from before it takes a number until it has ended. */
const WRITERS = `SELECT virtualtransaction FROM pg_locks
  WHERE relation = 'changes'::regclass AND mode = 'RowExclusiveLock' AND granted`;

/**
 * Reads the change log in an order that nothing is added behind the reader in. Sequence numbers are given out before
 * their transactions commit, and those commit in any order: the newest numbers are read only once every transaction
 * that may hold a smaller one has ended.
 */
export class EventReader {
  readonly #db: Database;
  /** Up to where every entry that there will ever be can be seen. */
  #settled = 0;
  /** The newest sequence number that was given out when it was last looked. */
  #newest = 0;
  #settling: Promise<number> | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * @throws StoreBusy if there is nothing to return but entries that a transaction under way may still add another
   *   one before: that nothing is new would be wrong.
   */
  async read({ after, limit, userId }: EventQuery): Promise<EventPage | typeof EventsRemoved> {
    const settled = await this.settled();
    const [oldest] = await this.#db.query({ name: 'oldest_change', text: 'SELECT min(sequence) FROM changes' });
    if (isRemoved(after, (oldest?.[0] as number | null) ?? undefined)) return EventsRemoved;
    const ofUser = userId === undefined ? '' : 'AND user_id = $4';
    const rows = await this.#db.query({
      name: `read_events${userId === undefined ? '' : '_of_user'}`,
      text: `SELECT ${CHANGE_COLUMNS} FROM changes WHERE sequence > $1 AND sequence <= $2 ${ofUser}
             ORDER BY sequence LIMIT $3`,
      values: [after, settled, limit, ...(userId === undefined ? [] : [userId])],
    });
    const changes = rows.map(toChange);
    if (changes.length === 0 && (await this.#hasWithheld(Math.max(after, settled)))) {
      throw new StoreBusy('PostgreSQL: a transaction has had the change log open for writing for too long');
    }
    const full = changes.length === limit;
    return { changes, upTo: Math.max(after, full ? (changes.at(-1)?.sequence ?? 0) : settled), more: full };
  }

  /** Whether there are entries behind a sequence number that are not settled yet. */
  async #hasWithheld(sequence: number): Promise<boolean> {
    // Mostly the last look has found all there is.
    if (this.#newest <= sequence) return false;
    const text = 'SELECT 1 FROM changes WHERE sequence > $1 LIMIT 1';
    return (await this.#db.query({ name: 'withheld_change', text, values: [sequence] })).length > 0;
  }

  /** The sequence number up to which every entry that there will ever be can be seen. */
  settled(): Promise<number> {
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #settle(): Promise<number> {
    const [newest] = await this.#db.query({
      name: 'newest_sequence',
      text: 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM changes_sequence_seq',
    });
    const last = newest?.[0] as number;
    this.#newest = last;
    if (last <= this.#settled) return this.#settled;
    // Only those of now can have taken one of these numbers; who begins later takes greater ones.
    let writers = await this.#writers();
    for (let tries = 1; writers.size > 0 && tries < TRIES; tries++) {
      await pause(PAUSE);
      writers = writers.intersection(await this.#writers());
    }
    if (writers.size === 0) this.#settled = last;
    return this.#settled;
  }

  async #writers(): Promise<Set<unknown>> {
    const rows = await this.#db.query({ name: 'change_log_writers', text: WRITERS });
    return new Set(rows.map(([transaction]) => transaction));
  }
}

/**
 * Removes some of the entries that are older than an instant, in their order, but never the newest of all, as SQLite
 * does. False when there was none.
 */
export async function removeOldChanges(db: Database, before: number, count: number): Promise<boolean> {
  const rows = await db.query({
    name: 'remove_old_changes',
    text: `WITH oldest AS (SELECT sequence, at FROM changes ORDER BY sequence LIMIT $2)
           DELETE FROM changes WHERE sequence IN (SELECT sequence FROM oldest WHERE at < $1)
             AND sequence < (SELECT max(sequence) FROM changes)
             AND sequence < coalesce((SELECT min(sequence) FROM oldest WHERE at >= $1), $3)
           RETURNING 1`,
    values: [before, count, Number.MAX_SAFE_INTEGER],
  });
  return rows.length > 0;
}

/**
 * Gives one of the service's own readers of the change log the next entries, and has it go on behind them: what it does
 * with them is kept together with that. A new reader begins with the oldest entry. Of several processes one at a time
 * does so.
 *
 * @param work what it does, in the transaction of its position.
 * @returns whether there may be more; false also while another process is at it.
 */
export async function advance(
  db: Database,
  events: EventReader,
  name: string,
  limit: number,
  work: (client: Queryable, changes: Change[]) => Promise<void>,
): Promise<boolean> {
  const settled = await events.settled();
  // Mostly there is nothing new, and then nothing is locked or written.
  if (((await selectPosition(db, name)) ?? 0) >= settled) return false;
  return db.transaction(async (client) => {
    await client.query({
      name: 'begin_position',
      text: 'INSERT INTO event_positions VALUES ($1, 0) ON CONFLICT (name) DO NOTHING',
      values: [name],
    });
    const [row] = await client.query({
      name: 'lock_position',
      text: 'SELECT position FROM event_positions WHERE name = $1 FOR UPDATE SKIP LOCKED',
      values: [name],
    });
    if (row === undefined || (row[0] as number) >= settled) return false;
    const rows = await client.query({
      name: 'read_changes',
      text: `SELECT ${CHANGE_COLUMNS} FROM changes WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`,
      values: [row[0], settled, limit],
    });
    const changes = rows.map(toChange);
    if (changes.length > 0) await work(client, changes);
    const more = changes.length === limit;
    await client.query({
      name: 'move_position',
      text: 'UPDATE event_positions SET position = $2 WHERE name = $1',
      values: [name, more ? changes.at(-1)?.sequence : settled],
    });
    return more;
  });
}

/** Has a reader that has not come that far go on behind an entry. */
export async function skipTo(db: Database, name: string, sequence: number): Promise<void> {
  // Mostly it has, and then nobody who just moves the position is waited for.
  if (((await selectPosition(db, name)) ?? 0) >= sequence) return;
  await db.query({
    text: `INSERT INTO event_positions VALUES ($1, $2) ON CONFLICT (name) DO UPDATE
           SET position = greatest(event_positions.position, $2)`,
    values: [name, sequence],
  });
}

/** The sequence number of the last entry that a reader is done with, or undefined for a new reader. */
async function selectPosition(db: Database, name: string): Promise<number | undefined> {
  const text = 'SELECT position FROM event_positions WHERE name = $1';
  const [row] = await db.query({ name: 'event_position', text, values: [name] });
  return row?.[0] as number | undefined;
}
