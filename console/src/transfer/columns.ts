import type { CsvTable } from './csv.ts';

export type ImportedResource = 'users' | 'tasks';

/** The address of a task's owner, instead of `userId`. Not a field of the API. */
export const OWNER_EMAIL = 'ownerEmail';

/** The fields that a column can be. */
export const IMPORTED_FIELDS: Readonly<Record<ImportedResource, readonly string[]>> = {
  users: ['firstName', 'lastName', 'contactEmail'],
  tasks: ['taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset', OWNER_EMAIL, 'userId'],
};

/** The field of each column; columns without one are not imported. */
export type ColumnMapping = Readonly<Record<string, string | undefined>>;

/** Names that other programs use, in English and German, without spaces and punctuation. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  firstName: ['first', 'givenname', 'forename', 'vorname'],
  lastName: ['last', 'surname', 'familyname', 'nachname', 'name'],
  contactEmail: ['email', 'emailaddress', 'address', 'adresse'],
  taskTitle: ['title', 'task', 'name', 'subject', 'summary', 'content', 'titel', 'aufgabe', 'betreff'],
  taskDescription: ['description', 'notes', 'note', 'details', 'body', 'beschreibung', 'notizen'],
  taskStatus: ['status', 'state', 'progress'],
  dueDate: ['due', 'date', 'deadline', 'dueon', 'dueat', 'fällig', 'fälligam', 'termin', 'datum'],
  warningOffset: ['warning', 'reminder', 'remind', 'reminderminutes', 'warn', 'erinnerung'],
  [OWNER_EMAIL]: [
    'owner',
    'assignee',
    'assignedto',
    'email',
    'user',
    'person',
    'responsible',
    'zuständig',
    'verantwortlich',
  ],
  userId: ['user', 'owner', 'ownerid', 'assigneeid'],
};

/** How many rows show what a column contains. */
const SAMPLE_ROWS = 20;

/** Guesses the field of each column from its name and, for owners, from what it contains. Each field is used once. */
export function guessColumns(resource: ImportedResource, { columns, rows }: CsvTable): ColumnMapping {
  const mapping: Record<string, string | undefined> = {};
  const open = new Set(IMPORTED_FIELDS[resource]);
  const fits = (column: string, field: string) => {
    const texts = rows.slice(0, SAMPLE_ROWS).map(({ cells }) => cells[column]?.trim() ?? '');
    const filled = texts.filter((text) => text !== '');
    if (field === OWNER_EMAIL) return filled.some((text) => text.includes('@'));
    if (field === 'userId') return filled.length > 0 && filled.every((text) => /^\d+$/.test(text));
    return true;
  };
  const match = (names: (field: string) => readonly string[]) => {
    for (const column of columns) {
      if (mapping[column] !== undefined) continue;
      const field = [...open].find((one) => names(one).includes(normalize(column)) && fits(column, one));
      if (field === undefined) continue;
      mapping[column] = field;
      open.delete(field);
    }
  };
  match((field) => [normalize(field)]);
  match((field) => OTHER_NAMES[field] ?? []);
  return mapping;
}

function normalize(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}
