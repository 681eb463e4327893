import type { NewTask, NewUser, TaskApi } from '../../../client/src/index.ts';
import type { FieldProblem } from '../api/validate.ts';
import { type ImportedResource, OWNER_EMAIL } from './columns.ts';
import { type CsvTable, writeCsv } from './csv.ts';
import type { PlannedRow } from './plan.ts';

/** Limits of a batch of the API: items, and characters well below 2 MiB. */
const MAX_BATCH_ROWS = 1000;
const MAX_BATCH_CHARACTERS = 600_000;

/** How many owners are looked up at once. */
const CONCURRENT_LOOKUPS = 4;

export type RejectedRow = Pick<PlannedRow, 'line' | 'cells' | 'problems'>;

export interface ImportResult {
  /** The IDs of what was created, in order: to undo the import. */
  ids: number[];
  rejected: RejectedRow[];
}

export interface SendOptions {
  signal?: AbortSignal;
  /** Is called after each batch with the number of rows that are done. */
  onProgress?: (done: number) => void;
}

/**
 * Creates the rows without problems, in batches; one that is rejected does not affect the others. Rows with problems are
 * rejected as they are.
 *
 * @throws ApiError, NetworkError if a whole batch fails. What was created before stays.
 */
export async function sendImport(
  api: TaskApi,
  resource: ImportedResource,
  rows: readonly PlannedRow[],
  { signal, onProgress }: SendOptions = {},
): Promise<ImportResult> {
  const result: ImportResult = { ids: [], rejected: [] };
  const owners = await findOwners(api, rows, signal);
  const ready: PlannedRow[] = [];
  for (const row of rows) {
    const owned = withOwner(row, owners);
    if (owned.problems.length === 0) ready.push(owned);
    else result.rejected.push(owned);
  }
  let done = result.rejected.length;
  onProgress?.(done);
  for (const batch of batchesOf(ready)) {
    const items = await createBatch(api, resource, batch, signal);
    for (const [index, row] of batch.entries()) {
      const { id, problems } = items[index] ?? { problems: [] };
      if (id === undefined) result.rejected.push({ ...row, problems });
      else result.ids.push(id);
    }
    done += batch.length;
    onProgress?.(done);
  }
  result.rejected.sort((a, b) => a.line - b.line);
  return result;
}

/** The rejected rows as they were, each with its line, fields and reasons. The command `import` ignores the added columns. */
export function writeRejects(
  { columns }: Pick<CsvTable, 'columns'>,
  rejected: readonly RejectedRow[],
): Promise<string> {
  const own = columns.filter((name) => !name.startsWith('_'));
  const rows = rejected.map(({ line, cells, problems }) => [
    ...own.map((name) => cells[name]),
    line,
    problems.map(({ field }) => field).join(', '),
    problems.map(({ message }) => message).join('; '),
  ]);
  return writeCsv([...own, '_line', '_field', '_reason'], rows);
}

/** The IDs of the users with these addresses, in lower case. */
async function findOwners(api: TaskApi, rows: readonly PlannedRow[], signal: AbortSignal | undefined) {
  const ids = new Map<string, number | undefined>();
  const emails = new Set(
    rows.flatMap(({ ownerEmail, problems }) => (ownerEmail && problems.length === 0 ? [ownerEmail] : [])),
  );
  const waiting = [...new Map([...emails].map((email) => [email.toLowerCase(), email])).values()].values();
  const work = async () => {
    for (const contactEmail of waiting) {
      // An address that is invalid is an error response.
      const page = await api.users.listPage({ contactEmail }, { signal }).catch((error) => {
        if (error?.status === 400) return undefined;
        throw error;
      });
      ids.set(contactEmail.toLowerCase(), page?.items[0]?.userId);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_LOOKUPS }, work));
  return ids;
}

function withOwner(row: PlannedRow, owners: ReadonlyMap<string, number | undefined>): PlannedRow {
  if (row.ownerEmail === undefined || row.problems.length > 0) return row;
  const userId = owners.get(row.ownerEmail.toLowerCase());
  if (userId !== undefined) return { ...row, body: { ...row.body, userId } };
  const message = `No user has the address '${row.ownerEmail}'`;
  return { ...row, problems: [{ field: OWNER_EMAIL, reason: 'Does not exist', message }] };
}

function* batchesOf(rows: readonly PlannedRow[]): Generator<PlannedRow[]> {
  let batch: PlannedRow[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = JSON.stringify(row.body).length;
    if (batch.length === MAX_BATCH_ROWS || (batch.length > 0 && characters + size > MAX_BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(row);
    characters += size;
  }
  if (batch.length > 0) yield batch;
}

async function createBatch(
  api: TaskApi,
  resource: ImportedResource,
  batch: readonly PlannedRow[],
  signal: AbortSignal | undefined,
): Promise<{ id?: number | undefined; problems: FieldProblem[] }[]> {
  const options = { lenient: true, signal } as const;
  // The rows are validated, so the bodies have these types.
  const bodies = batch.map(({ body }) => body);
  const results =
    resource === 'users'
      ? await api.users.createBatch(bodies as unknown as NewUser[], options)
      : await api.tasks.createBatch(bodies as unknown as NewTask[], options);
  return results.map((item) => {
    const created = 'user' in item ? item.user?.userId : 'task' in item ? item.task?.taskId : undefined;
    const { error } = item;
    const details = error?.details ?? [];
    const problems =
      error === undefined
        ? []
        : details.length === 0
          ? [{ field: 'row', reason: error.code, message: error.message }]
          : details.map(({ field, reason }) => ({
              field,
              reason,
              message: details.length === 1 ? error.message : reason,
            }));
    return { id: created, problems };
  });
}
