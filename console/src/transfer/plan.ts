import { type FieldProblem, validate } from '../api/validate.ts';
import { type DateContext, readDate } from '../formats/read-date.ts';
import { type ColumnMapping, type ImportedResource, OWNER_EMAIL } from './columns.ts';
import type { CsvRow, CsvTable } from './csv.ts';

/** How rows are read that leave something out. */
export interface ImportDefaults {
  /** The owner of tasks that name none. */
  userId?: number | undefined;
  /** For dates without a zone or a time. */
  dates: DateContext;
}

export interface PlannedRow extends CsvRow {
  /** The body to create, without the owner if only the address is known. */
  body: Readonly<Record<string, unknown>>;
  /** The address of the owner, which is looked up. */
  ownerEmail?: string | undefined;
  problems: readonly FieldProblem[];
}

const STATUSES: Readonly<Record<string, string>> = {
  ...{ todo: 'NOT_STARTED', open: 'NOT_STARTED', new: 'NOT_STARTED', offen: 'NOT_STARTED', backlog: 'NOT_STARTED' },
  ...{ doing: 'IN_PROGRESS', started: 'IN_PROGRESS', inarbeit: 'IN_PROGRESS', active: 'IN_PROGRESS' },
  ...{ waiting: 'BLOCKED', waitingonsomeoneelse: 'BLOCKED', blockiert: 'BLOCKED', onhold: 'DEFERRED' },
  ...{ done: 'COMPLETED', complete: 'COMPLETED', closed: 'COMPLETED', erledigt: 'COMPLETED', fertig: 'COMPLETED' },
  ...{ canceled: 'CANCELLED', abgebrochen: 'CANCELLED' },
};

/** What an import of a table would create, and which rows it would reject. */
export function planImport(
  resource: ImportedResource,
  { rows }: CsvTable,
  mapping: ColumnMapping,
  defaults: ImportDefaults,
): PlannedRow[] {
  const fields = Object.entries(mapping).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return rows.map((row) => planRow(resource, row, fields, defaults));
}

function planRow(
  resource: ImportedResource,
  row: CsvRow,
  fields: readonly [column: string, field: string][],
  { userId, dates }: ImportDefaults,
): PlannedRow {
  const body: Record<string, unknown> = {};
  let ownerEmail: string | undefined;
  for (const [column, field] of fields) {
    const text = row.cells[column] ?? '';
    if (text.trim() === '') continue;
    if (field === OWNER_EMAIL) ownerEmail = text.trim();
    else body[field] = readCell(field, text, dates);
  }
  if (resource === 'users') return { ...row, body, problems: validate('NewUser', body) };
  body.warningOffset ??= 0;
  if (ownerEmail === undefined && userId !== undefined) body.userId ??= userId;
  if (body.userId !== undefined) ownerEmail = undefined;
  const problems = validate('NewTask', body).filter(({ field }) => field !== 'userId' || ownerEmail === undefined);
  return { ...row, body, ownerEmail, problems };
}

function readCell(field: string, text: string, dates: DateContext): unknown {
  const trimmed = text.trim();
  switch (field) {
    case 'userId':
    case 'warningOffset':
      // Others are rejected as they are.
      return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'taskStatus': {
      const name = trimmed.toUpperCase().replaceAll(/[\s-]+/g, '_');
      return STATUSES[name.toLowerCase().replaceAll('_', '')] ?? name;
    }
    case 'dueDate': {
      const reading = readDate(trimmed, dates);
      return reading.ok ? reading.text : trimmed;
    }
    default:
      return text;
  }
}
