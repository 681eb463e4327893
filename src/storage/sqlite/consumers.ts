import { type Change, EventsPruned } from '../../domain/changes.ts';
import type { ChangeRows } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection } from './session.ts';

/** The offsets of the consumers of the change log. Call what writes in a transaction. */
export class Consumers {
  readonly #changes: ChangeRows;
  readonly #select: RowStatement;
  readonly #upsert: RowStatement;

  constructor({ db }: Connection, changes: ChangeRows) {
    this.#changes = changes;
    this.#select = prepare(db, 'SELECT last_sequence FROM consumers WHERE name = ?');
    this.#upsert = prepare(
      db,
      'INSERT INTO consumers VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET last_sequence = ?2',
    );
  }

  /**
   * Hands a consumer the next entries and moves its offset in the same transaction. A new consumer starts with the
   * oldest entry.
   *
   * @returns whether there may be more.
   */
  consume(name: string, limit: number, work: (changes: Change[]) => void): boolean {
    const after = this.offset(name);
    const page = this.#changes.read({ after, limit });
    // A consumer that was down for longer than the retention time continues with the oldest entry.
    if (page === EventsPruned) {
      this.#upsert.run(name, this.#changes.oldest() - 1);
      return true;
    }
    if (page.changes.length > 0) work(page.changes);
    if (page.upTo > after) this.#upsert.run(name, page.upTo);
    return page.more;
  }

  /** Whether there are entries that a consumer has not processed. */
  isBehind(name: string): boolean {
    return this.#changes.newest() > this.offset(name);
  }

  /** The sequence number of the last entry that a consumer has processed, or 0. */
  offset(name: string): number {
    return (this.#select.get(name)?.[0] as number | undefined) ?? 0;
  }

  /** Moves the offset of a consumer forward, never back. */
  seek(name: string, sequence: number): void {
    if (this.offset(name) < sequence) this.#upsert.run(name, sequence);
  }
}
