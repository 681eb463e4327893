import type { ImportRow, RowProblem } from '../transfer/records.ts';
import { RejectsFile } from '../transfer/rejects.ts';

/** How many rejected rows are printed if they are not written to a file. */
const MAX_PRINTED = 20;

/** Writes rejected rows to a file or, without one, prints the first of them. */
export class RejectReport {
  /** The columns of the file that is imported; undefined for lines of JSON. Set before the first row. */
  columns: readonly string[] | undefined;
  readonly #path: string | undefined;
  #file: RejectsFile | undefined;
  #count = 0;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  add(row: ImportRow, problem: RowProblem): void {
    this.#count++;
    if (this.#path !== undefined) {
      this.#file ??= new RejectsFile(this.#path, this.columns);
      this.#file.write(row, problem);
    } else if (this.#count <= MAX_PRINTED) {
      process.stderr.write(`line ${row.line}: ${problem.field}: ${problem.reason}\n`);
    }
  }

  /** Fulfilled when everything is written. */
  async close(): Promise<void> {
    await this.#file?.close();
    if (this.#file !== undefined) process.stderr.write(`Rejected rows are in ${this.#path}. Correct and import it.\n`);
    else if (this.#count > MAX_PRINTED) {
      process.stderr.write(`… and ${this.#count - MAX_PRINTED} more. Write them to a file with --rejects FILE\n`);
    }
  }
}
