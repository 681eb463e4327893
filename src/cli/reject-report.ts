import type { ImportRow, RowProblem } from '../transfer/records.ts';
import { RejectsFile } from '../transfer/rejects.ts';
import { writing } from './file-error.ts';

/** How many rejected rows are printed if they are not written to a file. */
const MAX_PRINTED = 20;

/** Writes rejected rows to a file or, without one, prints the first of them. */
export class RejectReport {
  readonly #path: string | undefined;
  readonly #file: RejectsFile | undefined;
  #count = 0;

  /** @throws CliError if the file cannot be written. */
  constructor(path: string | undefined) {
    this.#path = path;
    if (path !== undefined) this.#file = writing(path, () => new RejectsFile(path));
  }

  /** The columns of the file that is imported; undefined for lines of JSON. Set before the first row. */
  set columns(columns: readonly string[] | undefined) {
    if (this.#file !== undefined) this.#file.columns = columns;
  }

  /** @throws CliError if the file cannot be written. */
  add(row: ImportRow, problem: RowProblem): void {
    if (this.#file !== undefined) writing(String(this.#path), () => this.#file?.write(row, problem));
    else if (this.#count < MAX_PRINTED) {
      process.stderr.write(`line ${row.line}: ${problem.field}: ${problem.reason}\n`);
    }
    this.#count++;
  }

  /** Closes the file, and prints where the rejected rows are. */
  close(): void {
    this.#file?.close();
    if (this.#file !== undefined && this.#count > 0) {
      process.stderr.write(`Rejected rows are in ${this.#path}. Correct and import it.\n`);
    } else if (this.#count > MAX_PRINTED) {
      process.stderr.write(`… and ${this.#count - MAX_PRINTED} more. Write them to a file with --rejects FILE\n`);
    }
  }
}
