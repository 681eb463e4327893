import { ImportError, type ImportedResource } from './records.ts';

/** The address of a task's owner, instead of `userId`. Not a field of the API. */
export const OWNER_FIELD = 'ownerEmail';

/** The fields of each resource, in the order of exported columns. */
export const FIELDS: Record<ImportedResource, readonly string[]> = {
  users: ['firstName', 'lastName', 'contactEmail'],
  tasks: ['userId', OWNER_FIELD, 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset'],
};

/** Fields whose values are numbers. */
export const NUMBER_FIELDS: ReadonlySet<string> = new Set(['userId', 'warningOffset']);

export interface ColumnMap {
  /** The field of each column. */
  fields: ReadonlyMap<string, string>;
  /** Columns that are no field. */
  ignored: string[];
}

/**
 * Finds the field of each column: the one that `--map` names, otherwise the one with the same name, ignoring case, spaces,
 * hyphens and underscores.
 *
 * @param mapped column → field.
 * @throws ImportError if a mapped column or field does not exist, or two columns have the same field.
 */
export function mapColumns(
  resource: ImportedResource,
  columns: readonly string[],
  mapped: ReadonlyMap<string, string>,
): ColumnMap {
  const allowed = FIELDS[resource];
  for (const [column, field] of mapped) {
    if (!allowed.includes(field)) {
      throw new ImportError(
        `--map "${column}=${field}": ${resource} have no field ${field}; use one of ${allowed.join(', ')}`,
      );
    }
    if (!columns.includes(column)) {
      throw new ImportError(
        `--map "${column}=${field}": there is no such column; the columns are ${columns.join(', ')}`,
      );
    }
  }
  const byName = new Map(allowed.map((field) => [normalize(field), field]));
  const taken = new Set(mapped.values());
  const fields = new Map<string, string>();
  const ignored: string[] = [];
  for (const column of columns) {
    if (column === '') continue;
    const byOwnName = byName.get(normalize(column));
    const field = mapped.get(column) ?? (byOwnName !== undefined && !taken.has(byOwnName) ? byOwnName : undefined);
    if (field === undefined) {
      ignored.push(column);
      continue;
    }
    if ([...fields.values()].includes(field)) {
      throw new ImportError(`two columns are ${field}; name the right one with --map "COLUMN=${field}"`);
    }
    fields.set(column, field);
  }
  if (fields.size === 0) {
    throw new ImportError(
      `no column is a field of ${resource}; name them ${allowed.join(', ')}, or use --map "COLUMN=FIELD"`,
    );
  }
  return { fields, ignored };
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}
