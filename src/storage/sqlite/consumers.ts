import type { DatabaseSync } from 'node:sqlite';
import type { Change } from '../../domain/changes.ts';
import { EventsRemoved } from '../../domain/changes.ts';
import type { ChangeTable } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';

/** How far the service's own readers of the change log have come. Whatever writes must be called inside a transaction. */
export class EventPositions {
  readonly #changes: ChangeTable;
  readonly #select: RowStatement;
  readonly #upsert: RowStatement;

  constructor(db: DatabaseSync, changes: ChangeTable) {
    this.#changes = changes;
    this.#select = prepare(db, 'SELECT position FROM event_positions WHERE name = ?');
    this.#upsert = prepare(
      db,
      'INSERT INTO event_positions VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET position = ?2',
    );
  }

  /**
   * Gives a reader the next entries, and has it go on behind them: what it does with them is kept together with that.
   * A new reader begins with the oldest entry.
   *
   * @returns whether there may be more.
   */
  advance(name: string, limit: number, work: (changes: Change[]) => void): boolean {
    const after = this.get(name);
    const page = this.#changes.readEvents({ after, limit });
    // Whoever was away for longer than entries are kept goes on with what is left.
    if (page === EventsRemoved) {
      this.#upsert.run(name, this.#changes.oldest() - 1);
      return true;
    }
    if (page.changes.length > 0) work(page.changes);
    if (page.upTo > after) this.#upsert.run(name, page.upTo);
    return page.more;
  }

  /** Whether there are entries that a reader is not done with. */
  isBehind(name: string): boolean {
    return this.#changes.newest() > this.get(name);
  }

  /** The sequence number of the last entry that a reader is done with; 0 for none. */
  get(name: string): number {
    return (this.#select.get(name)?.[0] as number | undefined) ?? 0;
  }

  /** Has a reader that has not come that far go on behind an entry. */
  skipTo(name: string, sequence: number): void {
    if (this.get(name) < sequence) this.#upsert.run(name, sequence);
  }
}
