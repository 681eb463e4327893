import {
  type Change,
  type ChangeQuery,
  type ChangeRepository,
  type EventPage,
  type EventQuery,
  EventsPruned,
} from '../../domain/changes.ts';
import type { Page } from '../../domain/lists.ts';
import type { ActorOptions } from '../../domain/outcomes.ts';
import { CHANGE_LIST, type ChangeRowFilter, toChangeRowQuery } from '../sql/change-list.ts';
import { isPruned, NEW_CHANGE_FIELDS, type NewChange, toChange } from '../sql/change-rows.ts';
import { columnList, columnValues } from '../sql/columns.ts';
import type { ListReader } from './lists.ts';
import type { List } from './page-reader.ts';
import { parameters, prepare, type RowStatement } from './rows.ts';
import type { Connection, Session } from './session.ts';
import type { OnBoth } from './snapshots.ts';
import { VISIBLE_CHANGE } from './visibility.ts';

/** The maximum number of entries that are pruned in one transaction. */
const PRUNED_PER_BATCH = 100;

/** The list of changes. */
export const CHANGES: List<Change, ChangeRowFilter, 'sequence'> = {
  table: { ...CHANGE_LIST, columns: VISIBLE_CHANGE, visible: 'true' },
  toItem: toChange,
};

/** The rows of the change log. Call what writes in a transaction. */
export class ChangeRows {
  readonly #clock: () => number;
  readonly #insert: RowStatement;
  readonly #selectValues: RowStatement;
  readonly #eraseValues: RowStatement;
  readonly #eraseOldValues: RowStatement;
  readonly #selectFormer: RowStatement;
  readonly #selectAfter: RowStatement;
  readonly #selectOfUserAfter: RowStatement;
  readonly #selectNewest: RowStatement;
  readonly #selectOldest: RowStatement;
  readonly #prune: RowStatement;

  constructor({ db, clock }: Connection) {
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO changes (at, actor, traceparent, ${columnList(NEW_CHANGE_FIELDS)})
       VALUES (?, ?, ?, ${parameters(NEW_CHANGE_FIELDS)})`,
    );
    this.#selectValues = prepare(
      db,
      'SELECT sequence FROM changes WHERE user_id = ? AND sequence > ? ORDER BY sequence LIMIT ?',
    );
    this.#eraseValues = prepare(
      db,
      'UPDATE changes SET old_values = NULL, new_values = NULL WHERE user_id = ? AND sequence > ? AND sequence <= ?',
    );
    this.#selectFormer = prepare(db, 'SELECT sequence FROM changes WHERE former_user_id = ? LIMIT ?');
    const after = `SELECT ${VISIBLE_CHANGE} FROM changes WHERE sequence > ?`;
    this.#selectAfter = prepare(db, `${after} ORDER BY sequence LIMIT ?`);
    this.#selectOfUserAfter = prepare(db, `${after} AND user_id = ? ORDER BY sequence LIMIT ?`);
    this.#selectNewest = prepare(db, 'SELECT coalesce(max(sequence), 0) FROM changes');
    this.#selectOldest = prepare(db, 'SELECT sequence, at FROM changes ORDER BY sequence LIMIT ?');
    this.#prune = prepare(db, 'DELETE FROM changes WHERE sequence <= ?');
    // The former owner is cleared too, so that the row is not found again.
    this.#eraseOldValues = prepare(
      db,
      `UPDATE changes SET old_values = NULL, former_user_id = NULL
       WHERE sequence IN (SELECT sequence FROM changes WHERE former_user_id = ? LIMIT ?)`,
    );
  }

  /** Adds an entry. Returns its sequence number. */
  insert(change: NewChange, { actor, traceparent }: ActorOptions): number {
    const values = columnValues(NEW_CHANGE_FIELDS, change);
    return Number(this.#insert.run(this.#clock(), actor, traceparent ?? null, ...values).lastInsertRowid);
  }

  /** The newest sequence number, or 0. */
  newest(): number {
    return this.#selectNewest.get()?.[0] as number;
  }

  /** The oldest sequence number, or 0. */
  oldest(): number {
    return (this.#selectOldest.get(1)?.[0] as number | undefined) ?? 0;
  }

  /** Entries are in commit order, because SQLite has one writer. */
  read({ after, limit, userId }: EventQuery): EventPage | typeof EventsPruned {
    if (isPruned(after, this.#selectOldest.get(1)?.[0] as number | undefined)) return EventsPruned;
    const rows =
      userId === undefined ? this.#selectAfter.all(after, limit) : this.#selectOfUserAfter.all(after, userId, limit);
    const changes = rows.map(toChange);
    const full = changes.length === limit;
    const newest = this.newest();
    return { changes, upTo: Math.max(after, full ? (changes.at(-1)?.sequence ?? 0) : newest), more: full, newest };
  }

  /** Prunes entries older than a time, but never the newest entry. False if there was none. */
  prune(before: number, count: number): boolean {
    const oldest = this.#selectOldest.all(count + 1) as [number, number][];
    const firstKept = oldest.findIndex(([, at]) => at >= before);
    const pruned = oldest.slice(0, Math.min(count, firstKept === -1 ? oldest.length - 1 : firstKept));
    const last = pruned.at(-1)?.[0];
    if (last === undefined) return false;
    this.#prune.run(last);
    return true;
  }

  /** Whether the user has more than `count` entries. */
  hasMoreOf(userId: number, count: number): boolean {
    const owned = this.#selectValues.all(userId, 0, count + 1).length;
    return owned + this.#selectFormer.all(userId, count + 1).length > count;
  }

  /**
   * Erases the user's values from some entries after one.
   *
   * @returns the last entry that was checked, or undefined if none was left.
   */
  eraseSome(userId: number, after: number, count: number): number | undefined {
    const last = this.#selectValues.all(userId, after, count).at(-1)?.[0] as number | undefined;
    if (last !== undefined) {
      this.#eraseValues.run(userId, after, last);
      return last;
    }
    return this.#eraseOldValues.run(userId, count).changes === 0 ? undefined : after;
  }
}

export class SqliteChangeRepository implements ChangeRepository {
  readonly #session: Session;
  readonly #rows: OnBoth<ChangeRows>;
  readonly #lists: ListReader;

  constructor(session: Session, { changes, lists }: { changes: OnBoth<ChangeRows>; lists: ListReader }) {
    this.#session = session;
    this.#rows = changes;
    this.#lists = lists;
  }

  list(query: ChangeQuery): Promise<Page<Change>> {
    return this.#lists.read(CHANGES, toChangeRowQuery(query));
  }

  read(query: EventQuery): Promise<EventPage | typeof EventsPruned> {
    return this.#session.read(this.#rows, (rows) => rows.read(query));
  }

  newest(): Promise<number> {
    return this.#session.read(this.#rows, (rows) => rows.newest());
  }

  prune(before: number): Promise<boolean> {
    return this.#session.write(() => this.#rows.writing.prune(before, PRUNED_PER_BATCH));
  }
}
