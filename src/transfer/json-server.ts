import { FIELDS } from './columns.ts';
import { ImportError, type ImportedResource, type ImportRow } from './records.ts';

/** The data of json-server: users and tasks, each with an `id`. */
export interface JsonServerData {
  users: ImportRow[];
  tasks: ImportRow[];
}

/** Reads a `db.json` of json-server. The number of an item in its list stands for its line. @throws ImportError */
export function readJsonServer(text: string): JsonServerData {
  let data: unknown;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new ImportError('the file is not JSON');
  }
  const { users, tasks } = (data ?? {}) as Record<string, unknown>;
  return { users: toRows('users', users), tasks: toRows('tasks', tasks) };
}

function toRows(resource: ImportedResource, items: unknown): ImportRow[] {
  if (items === undefined) return [];
  if (!Array.isArray(items)) throw new ImportError(`\`${resource}\` is not a list`);
  return items.map((item, index) => {
    if (typeof item !== 'object' || item === null) throw new ImportError(`\`${resource}[${index}]\` is not an object`);
    const values = item as Record<string, unknown>;
    const fields = Object.fromEntries(Object.entries(values).filter(([name]) => FIELDS[resource].includes(name)));
    return { line: index + 1, values, fields: resource === 'tasks' ? { warningOffset: 0, ...fields } : fields };
  });
}

/** The tasks with the new IDs of their owners. */
export async function* withNewOwners(
  tasks: readonly ImportRow[],
  newIds: ReadonlyMap<string, number>,
): AsyncGenerator<ImportRow> {
  for (const task of tasks) {
    const userId = newIds.get(String(task.values.userId));
    const problem = { field: 'userId', reason: 'The owner is not among the imported users' };
    yield userId === undefined ? { ...task, problem } : { ...task, fields: { ...task.fields, userId } };
  }
}
