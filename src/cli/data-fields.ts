import type { ImportedResource } from '../transfer/records.ts';

/** A flag of a data command that is a field or parameter of the API. A test compares these lists with the schemas. */
export interface DataFlag {
  /** The name in the API, without a leading underscore: the flag is the same in kebab case. */
  name: string;
  /** The placeholder of its value. */
  value: string;
  description: string;
}

const STATUSES = 'NOT_STARTED, IN_PROGRESS, BLOCKED, DEFERRED, COMPLETED or CANCELLED';

const SORT = { name: 'sort', value: 'fields', description: 'order, such as -dueDate,taskTitle' };
const SEARCH = { name: 'search', value: 'words', description: 'words, or the beginnings of words' };
const UPDATED = { name: 'updatedSince', value: 'time', description: 'created or changed at or after this time' };

/** The fields of a new user or task. */
export const FIELD_FLAGS: Record<ImportedResource, readonly DataFlag[]> = {
  users: [
    { name: 'firstName', value: 'name', description: 'first name' },
    { name: 'lastName', value: 'name', description: 'last name' },
    { name: 'contactEmail', value: 'address', description: 'email address, unique across all users' },
  ],
  tasks: [
    { name: 'userId', value: 'id', description: 'owner' },
    { name: 'taskTitle', value: 'text', description: 'title' },
    { name: 'taskDescription', value: 'text', description: 'description; empty for none' },
    { name: 'taskStatus', value: 'status', description: STATUSES },
    { name: 'dueDate', value: 'time', description: 'when it is due, such as 2030-01-31 or 2030-01-31T09:00' },
    { name: 'warningOffset', value: 'minutes', description: 'when to send a reminder, before it is due' },
  ],
};

/** The filters and the order of a list. */
export const FILTER_FLAGS: Record<ImportedResource, readonly DataFlag[]> = {
  users: [
    { ...SORT, description: 'order, such as lastName,-firstName' },
    UPDATED,
    { name: 'userId', value: 'ids', description: 'these IDs, separated by commas' },
    { name: 'firstName', value: 'name', description: 'exactly this first name' },
    { name: 'lastName', value: 'name', description: 'exactly this last name' },
    { name: 'contactEmail', value: 'address', description: 'this address' },
    SEARCH,
  ],
  tasks: [
    SORT,
    UPDATED,
    { name: 'taskStatus', value: 'statuses', description: 'these statuses, separated by commas' },
    { name: 'userId', value: 'id', description: 'tasks of this user' },
    { name: 'taskId', value: 'ids', description: 'these IDs, separated by commas' },
    { name: 'dueAfter', value: 'time', description: 'due at or after this time' },
    { name: 'dueBefore', value: 'time', description: 'due before this time' },
    { name: 'overdue', value: 'boolean', description: 'true: due before now and neither completed nor cancelled' },
    SEARCH,
  ],
};

/** Values that the API expects as numbers. */
export const NUMBERS: ReadonlySet<string> = new Set(['userId', 'warningOffset']);

/** Values that may be given in local time. */
export const TIMES: ReadonlySet<string> = new Set(['dueDate', 'dueAfter', 'dueBefore', 'updatedSince']);

export function flagOf({ name, value }: DataFlag): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <${value}>`;
}
