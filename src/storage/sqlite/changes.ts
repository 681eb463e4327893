import type { DatabaseSync } from 'node:sqlite';
import { type EventPage, type EventQuery, EventsRemoved } from '../../domain/changes.ts';
import { CHANGE_COLUMNS, isRemoved, type NewChange, toChange } from '../sql/change-rows.ts';
import { prepare, type RowStatement } from './rows.ts';
import { isDeletedUser } from './users.ts';

/** The values of an entry, but for those of a deleted user that are not erased yet. */
export const VISIBLE_OLD_VALUES = `CASE WHEN ${isDeletedUser('changes.user_id')}
  OR ${isDeletedUser('changes.former_user_id')} THEN NULL ELSE old_values END`;
export const VISIBLE_NEW_VALUES = `CASE WHEN ${isDeletedUser('changes.user_id')} THEN NULL ELSE new_values END`;

/** The columns of an entry, but for values of a deleted user that are not erased yet. */
export const VISIBLE_CHANGE = CHANGE_COLUMNS.replace('old_values', VISIBLE_OLD_VALUES).replace(
  'new_values',
  VISIBLE_NEW_VALUES,
);

/** The change log. Whatever writes must be called inside a transaction. */
export class ChangeTable {
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
  readonly #remove: RowStatement;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(db: DatabaseSync, clock: () => number) {
    this.#clock = clock;
    this.#insert = prepare(
      db,
      `INSERT INTO changes
       (at, type, actor, user_id, former_user_id, task_id, token_id, old_values, new_values)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    this.#remove = prepare(db, 'DELETE FROM changes WHERE sequence <= ?');
    // The user is forgotten as the former one as well, so that the row is not found again.
    this.#eraseOldValues = prepare(
      db,
      `UPDATE changes SET old_values = NULL, former_user_id = NULL
       WHERE sequence IN (SELECT sequence FROM changes WHERE former_user_id = ? LIMIT ?)`,
    );
  }

  /** Its sequence number. */
  insert(change: NewChange, actor: string): number {
    const { type, userId, formerUserId, taskId, tokenId, oldValues, newValues } = change;
    const values = [type, actor, userId, formerUserId, taskId, tokenId, oldValues, newValues];
    return Number(this.#insert.run(this.#clock(), ...values).lastInsertRowid);
  }

  /** The newest sequence number; 0 for none. */
  newest(): number {
    return this.#selectNewest.get()?.[0] as number;
  }

  /** The oldest sequence number there is; 0 for none. */
  oldest(): number {
    return (this.#selectOldest.get(1)?.[0] as number | undefined) ?? 0;
  }

  /** Entries are in the order of their commits: there is one writer. */
  readEvents({ after, limit, userId }: EventQuery): EventPage | typeof EventsRemoved {
    if (isRemoved(after, this.#selectOldest.get(1)?.[0] as number | undefined)) return EventsRemoved;
    const rows =
      userId === undefined ? this.#selectAfter.all(after, limit) : this.#selectOfUserAfter.all(after, userId, limit);
    const changes = rows.map(toChange);
    const full = changes.length === limit;
    return { changes, upTo: Math.max(after, full ? (changes.at(-1)?.sequence ?? 0) : this.newest()), more: full };
  }

  /** Removes some of the entries that are older than an instant, but never the newest of all. False when there was none. */
  removeOld(before: number, count: number): boolean {
    const some = this.#selectOldest.all(count + 1) as [number, number][];
    const kept = some.findIndex(([, at]) => at >= before);
    const removed = some.slice(0, Math.min(count, kept === -1 ? some.length - 1 : kept));
    const last = removed.at(-1)?.[0];
    if (last === undefined) return false;
    this.#remove.run(last);
    return true;
  }

  /** Whether the user is in more entries than so many. */
  hasMoreOf(userId: number, count: number): boolean {
    const owned = this.#selectValues.all(userId, 0, count + 1).length;
    return owned + this.#selectFormer.all(userId, count + 1).length > count;
  }

  /**
   * Erases the user's values from some of the entries behind one.
   *
   * @returns the last entry that was looked at, or undefined when nothing was left.
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
