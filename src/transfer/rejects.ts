import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { ImportRow, RowProblem } from './records.ts';

/** What is added to a rejected row. An import ignores names that begin with an underscore. */
const ADDED = ['_line', '_field', '_reason'];

/** Writes the rejected rows as they were, each with its line, field and reason: corrected, the file can be imported. */
export class RejectsFile {
  /** The columns of a CSV file, set before the first row; undefined for lines of JSON. */
  columns: readonly string[] | undefined;
  readonly #path: string;
  readonly #file: number;
  #count = 0;

  /**
   * Opens the file, so that a path that cannot be written is known before anything is imported. What it has is kept until
   * the first row is rejected.
   *
   * @throws Error if the file cannot be written.
   */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a', 0o600);
  }

  /** @throws Error if it cannot be written. */
  write({ line, values }: ImportRow, { field, reason }: RowProblem): void {
    const columns = this.columns?.filter((name) => !ADDED.includes(name));
    if (this.#count === 0 && fstatSync(this.#file).isFile()) ftruncateSync(this.#file);
    if (columns === undefined) {
      const added = { _line: line, _field: field, _reason: reason };
      writeFileSync(this.#file, `${JSON.stringify({ ...values, ...added })}\n`);
    } else {
      const header = this.#count === 0 ? [[...columns, ...ADDED]] : [];
      writeFileSync(this.#file, stringify([...header, [...columns.map((name) => values[name]), line, field, reason]]));
    }
    this.#count++;
  }

  /** Closes the file, and removes it if it is empty. */
  close(): void {
    const stats = fstatSync(this.#file);
    closeSync(this.#file);
    if (stats.isFile() && stats.size === 0) rmSync(this.#path, { force: true });
  }
}
