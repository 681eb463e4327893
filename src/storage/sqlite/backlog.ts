import type { Backlog } from '../../domain/status.ts';
import { BACKLOG, CONSUMER_OFFSETS, toBacklog } from '../sql/backlog-rows.ts';
import type { ChangeRows } from './changes.ts';
import { prepare, type RowStatement } from './rows.ts';
import type { Connection } from './session.ts';

/** Reads what waits in the database. Takes at most some milliseconds. */
export class BacklogReader {
  readonly #changes: ChangeRows;
  readonly #backlog: RowStatement;
  readonly #offsets: RowStatement;

  constructor({ db }: Connection, changes: ChangeRows) {
    this.#changes = changes;
    this.#backlog = prepare(db, BACKLOG);
    this.#offsets = prepare(db, CONSUMER_OFFSETS);
  }

  read(): Backlog {
    return toBacklog(this.#backlog.get() as unknown[], this.#offsets.all(), this.#changes.newest());
  }
}
