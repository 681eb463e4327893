import { type ColumnMap, NUMBER_FIELDS, OWNER_FIELD } from './columns.ts';
import { fromLocalTime } from './local-time.ts';
import type { ImportRow, RowProblem, SourceRow } from './records.ts';

/** How rows that leave something out are completed. */
export interface Defaults {
  /** The owner of tasks that name none: an address or an ID. */
  owner?: string | undefined;
  /** The IANA time zone of dates without a UTC offset. */
  timeZone: string;
}

/** Converts a row to the fields of the API. Undefined if it is no item, such as the title of a section. */
export type Converter = (row: SourceRow) => ImportRow | undefined;

/** For CSV: texts become numbers and times where the API expects these; an empty cell is a field that is left out. */
export function csvConverter({ fields: byColumn }: ColumnMap, defaults: Defaults): Converter {
  return (row) => {
    const fields: Record<string, unknown> = {};
    for (const [column, field] of byColumn) {
      const text = String(row.values[column]);
      if (text !== '') fields[field] = readCell(field, text, defaults);
    }
    return { ...row, fields };
  };
}

function readCell(field: string, text: string, { timeZone }: Defaults): unknown {
  if (NUMBER_FIELDS.has(field) && /^\d{1,15}$/.test(text.trim())) return Number(text);
  // Others are validated by the API.
  if (field === 'dueDate') return fromLocalTime(text.trim(), timeZone) ?? text.trim();
  return text;
}

/** For lines of JSON: values are sent as they are. */
export function ndjsonConverter(allowed: readonly string[]): Converter {
  return (row) => ({
    ...row,
    fields: Object.fromEntries(Object.entries(row.values).filter(([name]) => allowed.includes(name))),
  });
}

/** For tasks: adds the owner and the offset of rows that have none. A reminder is then due with the task. */
export function withTaskDefaults(convert: Converter, { owner }: Defaults): Converter {
  const ownerFields =
    owner === undefined ? {} : /^\d+$/.test(owner) ? { userId: Number(owner) } : { [OWNER_FIELD]: owner };
  return (row) => {
    const converted = convert(row);
    if (converted === undefined) return undefined;
    const { fields } = converted;
    const hasOwner = fields.userId !== undefined || fields[OWNER_FIELD] !== undefined;
    return { ...converted, fields: { warningOffset: 0, ...(!hasOwner && ownerFields), ...fields } };
  };
}

/** A template or backup of Todoist: rows of the type `task`. */
export function todoistConverter({ timeZone }: Defaults): Converter {
  return (row) => {
    const { TYPE, CONTENT, DESCRIPTION, DATE, TIMEZONE } = row.values as Record<string, string | undefined>;
    if (TYPE !== 'task') return undefined;
    const date = (DATE ?? '').trim();
    return toTask(row, {
      title: CONTENT,
      description: DESCRIPTION,
      date,
      status: undefined,
      timeZone: TIMEZONE || timeZone,
    });
  };
}

/** The statuses of Outlook and Microsoft To Do. */
const MICROSOFT_STATUSES: Record<string, string> = {
  'not started': 'NOT_STARTED',
  'in progress': 'IN_PROGRESS',
  completed: 'COMPLETED',
  'waiting on someone else': 'BLOCKED',
  deferred: 'DEFERRED',
};

/** Tasks that Outlook exports, which are those of Microsoft To Do. */
export function microsoftConverter({ timeZone }: Defaults): Converter {
  return (row) => {
    const { Subject, Notes, Status = '', 'Due Date': due = '' } = row.values as Record<string, string | undefined>;
    const status = Status === '' ? undefined : (MICROSOFT_STATUSES[Status.toLowerCase()] ?? Status);
    return toTask(row, { title: Subject, description: Notes, date: due.trim(), status, timeZone });
  };
}

interface ForeignTask {
  title: string | undefined;
  description: string | undefined;
  date: string;
  status: string | undefined;
  timeZone: string;
}

function toTask(row: SourceRow, { title, description, date, status, timeZone }: ForeignTask): ImportRow {
  const dueDate = fromLocalTime(date, timeZone);
  const fields = {
    taskTitle: title ?? '',
    ...(description !== undefined && description !== '' && { taskDescription: description }),
    ...(status !== undefined && { taskStatus: status }),
    ...(dueDate !== undefined && { dueDate }),
  };
  if (dueDate !== undefined) return { ...row, fields };
  const reason =
    date === '' ? 'The row has no due date' : `The date '${date.slice(0, 100)}' is not a date such as 2030-01-31`;
  return { ...row, fields, problem: { field: 'dueDate', reason } satisfies RowProblem };
}
