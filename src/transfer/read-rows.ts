import type { Readable } from 'node:stream';
import { FIELDS, mapColumns } from './columns.ts';
import {
  type Converter,
  csvConverter,
  type Defaults,
  microsoftConverter,
  ndjsonConverter,
  todoistConverter,
  withTaskDefaults,
} from './convert.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { ImportError, type ImportedResource, type ImportRow, type SourceRow } from './records.ts';
import { decode } from './text.ts';

/** Formats of files. The last two are the CSV files of other applications, with tasks. */
export const FORMATS = ['csv', 'ndjson', 'todoist', 'microsoft-to-do'] as const;
export type Format = (typeof FORMATS)[number];

const BY_EXTENSION: Record<string, Format> = { csv: 'csv', tsv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson' };

/** Columns without which a file is not of the format. */
const REQUIRED_COLUMNS: Partial<Record<Format, string[]>> = {
  todoist: ['TYPE', 'CONTENT', 'DATE'],
  'microsoft-to-do': ['Subject', 'Due Date'],
};

/** The format of a file by the end of its name, or undefined. */
export function formatOf(file: string): Format | undefined {
  return BY_EXTENSION[file.split('.').at(-1)?.toLowerCase() ?? ''];
}

export interface ReadOptions {
  resource: ImportedResource;
  format: Format;
  /** Column → field, for CSV. */
  mapped: ReadonlyMap<string, string>;
  defaults: Defaults;
  /** Receives the number of bytes of each part that is read. */
  onBytes: (count: number) => void;
}

export interface FileRows {
  rows: AsyncIterable<ImportRow>;
  /** The columns of a CSV file; undefined for lines of JSON. */
  columns: readonly string[] | undefined;
  /** Columns that are not imported. */
  ignored: readonly string[];
}

/** Reads the rows of a file. @throws ImportError if it is not of the format. */
export async function readRows(input: Readable, options: ReadOptions): Promise<FileRows> {
  const { resource, format, mapped, defaults, onBytes } = options;
  if (mapped.size > 0 && format !== 'csv') throw new ImportError(`--map is for the columns of CSV, not for ${format}`);
  const text = decode(input, onBytes);
  const complete = (convert: Converter) => (resource === 'tasks' ? withTaskDefaults(convert, defaults) : convert);
  if (format === 'ndjson') {
    const convert = complete(ndjsonConverter(FIELDS[resource]));
    return { rows: converted(readNdjson(text), convert), columns: undefined, ignored: [] };
  }
  const { columns, rows } = await readCsv(text);
  const missing = REQUIRED_COLUMNS[format]?.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new ImportError(`the file is no export of ${format}: it has no column ${missing}`);
  if (format === 'csv') {
    const map = mapColumns(resource, columns, mapped);
    const ignored = map.ignored.filter((name) => !name.startsWith('_'));
    return { rows: converted(rows, complete(csvConverter(map, defaults))), columns, ignored };
  }
  const convert = format === 'todoist' ? todoistConverter(defaults) : microsoftConverter(defaults);
  return { rows: converted(rows, complete(convert)), columns, ignored: [] };
}

async function* converted(rows: AsyncIterable<SourceRow>, convert: Converter): AsyncGenerator<ImportRow> {
  for await (const row of rows) {
    const one = convert(row);
    if (one !== undefined) yield one;
  }
}
