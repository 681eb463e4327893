/** A larger file is for the command line, which reads it in parts. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface CsvRow {
  /** The line on which it starts, from 1. */
  line: number;
  /** The texts of its cells by the names of the columns. */
  cells: Readonly<Record<string, string>>;
}

export interface CsvTable {
  /** The names of the columns, in order; those without a name are left out. */
  columns: readonly string[];
  rows: readonly CsvRow[];
}

/** Why a file cannot be read. */
export type CsvProblem = 'empty' | 'noRows' | 'notUtf8' | 'repeatedColumn' | 'tooLarge' | 'unclosedQuote';

export class CsvError extends Error {
  override name = 'CsvError';
  readonly problem: CsvProblem;
  /** The column or line that is meant, if any. */
  readonly subject: string | number | undefined;

  constructor(problem: CsvProblem, subject?: string | number) {
    super(problem);
    this.problem = problem;
    this.subject = subject;
  }
}

/** Reads a file of CSV whose first row names the columns. @throws CsvError */
export async function readCsvFile(file: Blob): Promise<CsvTable> {
  if (file.size > MAX_FILE_BYTES) throw new CsvError('tooLarge', Math.round(file.size / 1024 / 1024));
  const bytes = await file.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CsvError('notUtf8');
  }
  return readCsv(text);
}

/** Reads CSV (RFC 4180), with commas, semicolons or tabs. @throws CsvError */
export async function readCsv(text: string): Promise<CsvTable> {
  const { default: papa } = await import('papaparse');
  const { data, errors } = papa.parse<string[]>(text, { delimiter: delimiterOf(text) });
  if (errors.some(({ code }) => code === 'MissingQuotes')) {
    throw new CsvError('unclosedQuote', errors.find(({ code }) => code === 'MissingQuotes')?.row);
  }
  let line = 1;
  const records: { line: number; record: string[] }[] = [];
  for (const record of data) {
    if (record.length > 1 || record[0]?.trim() !== '') records.push({ line, record });
    line += 1 + record.reduce((count, cell) => count + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
  }
  const [header, ...rows] = records;
  if (header === undefined) throw new CsvError('empty');
  const names = header.record.map((name) => name.trim());
  // Spreadsheets write empty columns too.
  const columns = names.filter((name) => name !== '');
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (repeated !== undefined) throw new CsvError('repeatedColumn', repeated);
  if (rows.length === 0) throw new CsvError('noRows');
  return {
    columns,
    rows: rows.map(({ line, record }) => ({
      line,
      cells: Object.fromEntries(names.flatMap((name, i) => (name === '' ? [] : [[name, record[i] ?? '']]))),
    })),
  };
}

/** What spreadsheets write between columns: the one that the first row has most of. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split('\n', 1);
  const delimiters = [',', ';', '\t'];
  const counts = delimiters.map((delimiter) => header.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** Writes rows as CSV, with a line end after each. */
export async function writeCsv(columns: readonly string[], rows: readonly (readonly unknown[])[]): Promise<string> {
  const { default: papa } = await import('papaparse');
  return `${papa.unparse({ fields: [...columns], data: rows.map((row) => [...row]) }, { newline: '\n' })}\n`;
}
