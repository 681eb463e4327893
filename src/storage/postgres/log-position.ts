/**
 * The position in the write-ahead log of the primary that all acknowledged commits are before. Without `synchronous_commit`,
 * commits are acknowledged before they are flushed. The position after the last insert can be beyond what a replica can
 * replay, so that it is not used otherwise.
 */
export const LOG_POSITION = {
  name: 'log_position',
  text: `SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
         ELSE pg_current_wal_flush_lsn() END`,
};

const DIGITS = 16;

/** The fixed-length form of a `pg_lsn`, in which positions compare as text: `16/B374D848` is `00000016b374d848`. */
export function toPosition(lsn: string): string {
  return lsn
    .split('/')
    .map((half) => half.toLowerCase().padStart(DIGITS / 2, '0'))
    .join('');
}

/** The newest position in the log that this process knows: all its acknowledged writes are before it. */
export class LogPosition {
  #newest = toPosition('0/0');

  get newest(): string {
    return this.#newest;
  }

  /** Call it after each write. Responses may arrive in any order. @param lsn read after the write. */
  advance(lsn: string): void {
    const position = toPosition(lsn);
    if (position > this.#newest) this.#newest = position;
  }

  /** Continues on another primary, whose log is shorter. @param position in its log. */
  reset(position: string): void {
    this.#newest = position;
  }
}
