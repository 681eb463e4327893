import type { Change } from '../../domain/changes.ts';
import { CHANGE_COLUMNS, toChange } from '../sql/change-rows.ts';
import type { PostgresChangeRepository } from './changes.ts';
import type { Database, Queryable } from './database.ts';

/** The offsets of the consumers of the change log. */
export class Consumers {
  readonly #db: Database;
  readonly #changes: PostgresChangeRepository;

  constructor(db: Database, changes: PostgresChangeRepository) {
    this.#db = db;
    this.#changes = changes;
  }

  /**
   * Hands a consumer the next entries and moves its offset in the same transaction. A new consumer starts with the
   * oldest entry. One process at a time does this for a consumer.
   *
   * @param work called in the transaction.
   * @returns whether there may be more; false also while another process does this.
   */
  async consume(
    name: string,
    limit: number,
    work: (client: Queryable, changes: Change[]) => Promise<void>,
  ): Promise<boolean> {
    const newest = await this.#changes.newest();
    // Usually there is nothing new: then nothing is locked or written.
    if ((await this.#offset(name)) >= newest) return false;
    return this.#db.transaction(async (client) => {
      await client.query({
        name: 'create_consumer',
        text: 'INSERT INTO consumers VALUES ($1, 0) ON CONFLICT (name) DO NOTHING',
        values: [name],
      });
      const [row] = await client.query({
        name: 'lock_consumer',
        text: 'SELECT last_sequence FROM consumers WHERE name = $1 FOR UPDATE SKIP LOCKED',
        values: [name],
      });
      if (row === undefined || (row[0] as number) >= newest) return false;
      const rows = await client.query({
        name: 'read_changes',
        text: `SELECT ${CHANGE_COLUMNS} FROM changes WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3`,
        values: [row[0], newest, limit],
      });
      const changes = rows.map(toChange);
      if (changes.length > 0) await work(client, changes);
      const more = changes.length === limit;
      await client.query({
        name: 'move_consumer',
        text: 'UPDATE consumers SET last_sequence = $2 WHERE name = $1',
        values: [name, more ? changes.at(-1)?.sequence : newest],
      });
      return more;
    });
  }

  /** Moves the offset of a consumer forward, never back. */
  async seek(name: string, sequence: number): Promise<void> {
    // Usually the offset is already past that: then this does not wait for another process that is consuming.
    if ((await this.#offset(name)) >= sequence) return;
    await this.#db.query({
      text: `INSERT INTO consumers VALUES ($1, $2) ON CONFLICT (name) DO UPDATE
             SET last_sequence = greatest(consumers.last_sequence, $2)`,
      values: [name, sequence],
    });
  }

  /** The sequence number of the last entry that a consumer has processed, or 0. */
  async #offset(name: string): Promise<number> {
    const text = 'SELECT last_sequence FROM consumers WHERE name = $1';
    const [row] = await this.#db.query({ name: 'select_consumer_offset', text, values: [name] });
    return (row?.[0] as number | undefined) ?? 0;
  }
}
