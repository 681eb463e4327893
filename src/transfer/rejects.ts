import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { ImportRow, RowProblem } from './records.ts';

/** What is added to a rejected row. An import ignores names that begin with an underscore. */
const ADDED = ['_line', '_field', '_reason'];

/** Writes the rejected rows as they were, each with its line, field and reason: corrected, the file can be imported. */
export class RejectsFile {
  readonly #file: WriteStream;
  readonly #columns: readonly string[] | undefined;
  #count = 0;

  /** @param columns of a CSV file; undefined for lines of JSON. */
  constructor(file: string, columns: readonly string[] | undefined) {
    this.#file = createWriteStream(file, { mode: 0o600 });
    this.#columns = columns?.filter((name) => !ADDED.includes(name));
  }

  write({ line, values }: ImportRow, { field, reason }: RowProblem): void {
    const columns = this.#columns;
    if (columns === undefined) {
      const added = { _line: line, _field: field, _reason: reason };
      this.#file.write(`${JSON.stringify({ ...values, ...added })}\n`);
    } else {
      if (this.#count === 0) this.#file.write(stringify([[...columns, ...ADDED]]));
      this.#file.write(stringify([[...columns.map((name) => values[name]), line, field, reason]]));
    }
    this.#count++;
  }

  /** Fulfilled when everything is written. */
  async close(): Promise<void> {
    this.#file.end();
    await once(this.#file, 'close');
  }
}
