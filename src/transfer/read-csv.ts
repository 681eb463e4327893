import { Readable } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import { ImportError, type SourceRow } from './records.ts';

/** A quote that is never closed would make the rest of the file one row. */
const MAX_ROW_CHARACTERS = 1024 * 1024;

/** What spreadsheets write between columns: a comma or, where the comma separates decimals, a semicolon; a tab. */
const DELIMITERS = [',', ';', '\t'];

export interface CsvRows {
  /** The names of the columns, in order. */
  columns: readonly string[];
  rows: AsyncGenerator<SourceRow>;
}

/**
 * Reads CSV (RFC 4180) whose first row names the columns. The delimiter is the one that the first row uses most.
 *
 * @throws ImportError if it is not CSV, with the line.
 */
export async function readCsv(text: AsyncIterable<string>): Promise<CsvRows> {
  const parts = text[Symbol.asyncIterator]();
  let start = '';
  while (!start.includes('\n') && start.length <= MAX_ROW_CHARACTERS) {
    const { value, done } = await parts.next();
    if (done) break;
    start += value;
  }
  const parser = parse({
    info: true,
    bom: true,
    delimiter: delimiterOf(start.split('\n', 1)[0] as string),
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_CHARACTERS,
  });
  Readable.from(continued(start, parts))
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  const records = recordsOf(parser);
  const first = await records.next();
  if (first.done) throw new ImportError('the file is empty; its first line must name the columns');
  const columns = first.value.record.map((name) => name.trim());
  // Spreadsheets write empty columns too.
  const named = columns.filter((name) => name !== '');
  const repeated = named.find((name, index) => named.indexOf(name) !== index);
  if (repeated !== undefined) throw new ImportError(`the column ${repeated} is there twice; rename one`);
  return { columns, rows: toRows(records, columns) };
}

async function* continued(start: string, parts: AsyncIterator<string>): AsyncGenerator<string> {
  yield start;
  for (let part = await parts.next(); !part.done; part = await parts.next()) yield part.value;
}

function delimiterOf(header: string): string {
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
}

interface CsvRecord {
  record: string[];
  /** The line on which it starts. */
  line: number;
}

async function* recordsOf(parser: AsyncIterable<{ record: string[]; info: Info }>): AsyncGenerator<CsvRecord> {
  let endLine = 0;
  try {
    for await (const { record, info } of parser) {
      const inner = record.reduce((count, value) => count + value.split('\n').length - 1, 0);
      endLine = info.lines;
      yield { record, line: endLine - inner };
    }
  } catch (error) {
    const { code, message } = error as CsvError;
    if (!String(code).startsWith('CSV_')) throw error;
    const reason = code === 'CSV_MAX_RECORD_SIZE' ? 'a row is longer than 1 MB; is a quote missing?' : message;
    throw new ImportError(`the file is not CSV after line ${endLine}: ${reason}`);
  }
}

async function* toRows(records: AsyncIterable<CsvRecord>, columns: readonly string[]): AsyncGenerator<SourceRow> {
  for await (const { record, line } of records) {
    // A cell beyond the last column has no name.
    const values = Object.fromEntries(columns.map((name, index) => [name, record[index] ?? '']));
    yield { line, values };
  }
}
