import { stringify } from 'csv-stringify/sync';
import { FIELDS, OWNER_FIELD } from './columns.ts';
import type { ImportedResource } from './records.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How many items are written at once: the owners of so many tasks are found with one request. */
const ITEMS_PER_PART = 100;

/** Fields whose values the service generates: another service would generate others. */
const GENERATED: ReadonlySet<string> = new Set(['userId']);

export interface ExportOptions {
  resource: ImportedResource;
  format: ExportFormat;
  items: AsyncIterable<object>;
  /** The addresses of users by ID. */
  findAddresses: (userIds: readonly number[]) => Promise<ReadonlyMap<number, string>>;
}

/**
 * The text of an export, in parts. It has no IDs, and the address of each task's owner, so that an import into any service
 * makes the same users and tasks, and their export is the same, byte for byte.
 */
export async function* exportRows({ resource, format, items, findAddresses }: ExportOptions): AsyncGenerator<string> {
  const fields = FIELDS[resource].filter((name) => !GENERATED.has(name));
  if (format === 'csv') yield stringify([fields], { record_delimiter: '\r\n' });
  for await (const part of partsOf(items)) {
    const rows = resource === 'tasks' ? await withOwners(part, findAddresses) : part;
    yield format === 'csv' ? toCsv(rows, fields) : toLines(rows, fields);
  }
}

async function* partsOf(items: AsyncIterable<object>): AsyncGenerator<Record<string, unknown>[]> {
  let part: Record<string, unknown>[] = [];
  for await (const item of items) {
    part.push(item as Record<string, unknown>);
    if (part.length < ITEMS_PER_PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** A task whose owner was deleted during the export is left out, as the service has deleted it too. */
async function withOwners(
  tasks: readonly Record<string, unknown>[],
  findAddresses: ExportOptions['findAddresses'],
): Promise<Record<string, unknown>[]> {
  const addresses = await findAddresses([...new Set(tasks.map(({ userId }) => userId as number))]);
  return tasks.flatMap((task) => {
    const address = addresses.get(task.userId as number);
    return address === undefined ? [] : [{ ...task, [OWNER_FIELD]: address }];
  });
}

/** RFC 4180. A carriage return is quoted too: otherwise it would be read as the end of a line. */
function toCsv(rows: readonly Record<string, unknown>[], fields: readonly string[]): string {
  return stringify(
    rows.map((row) => fields.map((name) => row[name])),
    { record_delimiter: '\r\n', quoted_match: /[\r\n]/ },
  );
}

function toLines(rows: readonly Record<string, unknown>[], fields: readonly string[]): string {
  return rows.map((row) => `${JSON.stringify(row, fields as string[])}\n`).join('');
}
