import type { DateTime } from '../formats/date-times.ts';
import type { Address } from './values.ts';

/**
 * Users and tasks in memory, implemented as simply as possible: a list filters and sorts all rows. The model shares no code
 * with the program.
 */

/** The metadata of a row. */
export interface Row {
  id: number;
  /** When it was created or last changed, in milliseconds since the epoch. */
  updatedAt: number;
  /** All its entity tags so far, the current one last. */
  tags: string[];
}

export interface UserFields {
  firstName: string;
  lastName: string;
  contactEmail: Address;
}
export type ModelUser = Row & UserFields;

export interface TaskFields {
  userId: number;
  taskTitle: string;
  /** Null for none. */
  taskDescription: string | null;
  taskStatus: string;
  dueDate: DateTime;
  warningOffset: number;
}
export type ModelTask = Row & TaskFields;

/** An expected error response. */
export interface ExpectedError {
  status: number;
  code: string;
  message: string;
  detail?: { field: string; reason: string; location: string };
}

export type Kind = 'users' | 'tasks';

export interface SortKey {
  field: string;
  descending: boolean;
}

/** The rows of a list and their order. */
export interface ListOrder {
  kind: Kind;
  /** As in `_sort`, without the final id; empty for the default. */
  sort: SortKey[];
  filter: {
    /** The owner of tasks. */
    userId?: number;
    ids?: number[];
    taskStatuses?: string[];
    dueAfter?: DateTime;
    dueBefore?: DateTime;
    /** At a time, in milliseconds since the epoch. */
    overdue?: { value: boolean; at: number };
    firstName?: string;
    lastName?: string;
    contactEmail?: Address;
    /** Milliseconds since the epoch. */
    since?: number;
    search?: string;
  };
}

export const NOT_FOUND: ExpectedError = {
  status: 404,
  code: 'RESOURCE_NOT_FOUND',
  message: 'The requested resource could not be found',
};

export class Model {
  readonly users = new Map<number, ModelUser>();
  readonly tasks = new Map<number, ModelTask>();
  /** The ids of deleted rows. */
  readonly gone: Record<Kind, number[]> = { users: [], tasks: [] };

  /** The error if a user cannot have this address. */
  addressError({ text, owner }: Address, userId?: number): ExpectedError | undefined {
    const other = [...this.users.values()].find(({ contactEmail }) => contactEmail.owner === owner);
    if (other === undefined || other.id === userId) return undefined;
    return {
      status: 400,
      code: 'INVALID_FIELD',
      message: `The \`contactEmail\` value '${text}' is already in use.`,
      detail: { field: 'contactEmail', reason: 'Already in use', location: 'body' },
    };
  }

  /** The error if a task cannot have this owner. */
  ownerError(userId: number): ExpectedError | undefined {
    if (this.users.has(userId)) return undefined;
    return {
      status: 400,
      code: 'INVALID_FIELD',
      message: `The \`userId\` value '${userId}' does not refer to an existing user.`,
      detail: { field: 'userId', reason: 'Does not exist', location: 'body' },
    };
  }

  rows(kind: Kind): Map<number, ModelUser> | Map<number, ModelTask> {
    return kind === 'users' ? this.users : this.tasks;
  }

  row(kind: Kind, id: number): ModelUser | ModelTask | undefined {
    return this.rows(kind).get(id);
  }

  tasksOf(userId: number): ModelTask[] {
    return [...this.tasks.values()].filter((task) => task.userId === userId);
  }

  deleteTask(id: number): void {
    this.tasks.delete(id);
    this.gone.tasks.push(id);
  }

  deleteUser(id: number): void {
    for (const task of this.tasksOf(id)) this.deleteTask(task.id);
    this.users.delete(id);
    this.gone.users.push(id);
  }

  /** All rows of a list, in order. */
  list(order: ListOrder): (ModelUser | ModelTask)[] {
    const { kind, filter } = order;
    const rows = [...this.rows(kind).values()].filter((row) => {
      if (filter.since !== undefined && row.updatedAt < filter.since) return false;
      if (filter.search !== undefined && !matches(row, filter.search)) return false;
      if (filter.ids !== undefined && !filter.ids.includes(row.id)) return false;
      return 'contactEmail' in row ? isListedUser(row, filter) : isListedTask(row, filter);
    });
    return rows.sort((a, b) => compareRows(a, b, order));
  }

  /** The rows of a list after a position, which may be that of an earlier version of a row. */
  listAfter(order: ListOrder, position: ModelUser | ModelTask): (ModelUser | ModelTask)[] {
    return this.list(order).filter((row) => compareRows(row, position, order) > 0);
  }
}

function isListedUser(user: ModelUser, filter: ListOrder['filter']): boolean {
  if (filter.firstName !== undefined && user.firstName !== filter.firstName) return false;
  if (filter.lastName !== undefined && user.lastName !== filter.lastName) return false;
  return filter.contactEmail === undefined || user.contactEmail.owner === filter.contactEmail.owner;
}

function isListedTask(task: ModelTask, filter: ListOrder['filter']): boolean {
  const { userId, taskStatus, dueDate } = task;
  if (filter.userId !== undefined && userId !== filter.userId) return false;
  if (filter.taskStatuses !== undefined && !filter.taskStatuses.includes(taskStatus)) return false;
  if (filter.dueAfter !== undefined && dueDate.micros < filter.dueAfter.micros) return false;
  if (filter.dueBefore !== undefined && dueDate.micros >= filter.dueBefore.micros) return false;
  if (filter.overdue === undefined) return true;
  const isDone = taskStatus === 'COMPLETED' || taskStatus === 'CANCELLED';
  return filter.overdue.value === (!isDone && dueDate.micros < BigInt(filter.overdue.at) * 1000n);
}

/** A row as in responses, with its fields in their order. */
export function show(row: ModelUser | ModelTask): object {
  if ('contactEmail' in row) {
    const { id, firstName, lastName, contactEmail } = row;
    return { userId: id, firstName, lastName, contactEmail: contactEmail.text };
  }
  const { id, userId, taskTitle, taskDescription, taskStatus, dueDate, warningOffset } = row;
  return {
    taskId: id,
    userId,
    taskTitle,
    ...(taskDescription !== null && { taskDescription }),
    taskStatus,
    dueDate: dueDate.shown,
    warningOffset,
  };
}

/** Whether each word of the search starts a word of the row's texts. */
function matches(row: ModelUser | ModelTask, search: string): boolean {
  const texts =
    'contactEmail' in row
      ? [row.firstName, row.lastName, row.contactEmail.text]
      : [row.taskTitle, row.taskDescription ?? ''];
  const words = texts.flatMap(wordsIn);
  return wordsIn(search).every((start) => words.some((word) => word.startsWith(start)));
}

/** The words of a text, cut simply: each character of Chinese is one, which is enough for what is searched for. */
function wordsIn(text: string): string[] {
  const letters = text.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return letters.match(/\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu) ?? [];
}

function compareRows(a: ModelUser | ModelTask, b: ModelUser | ModelTask, { sort }: ListOrder): number {
  for (const { field, descending } of sort) {
    const order = compareValues(sortValue(a, field), sortValue(b, field));
    if (order !== 0) return descending ? -order : order;
    // The same id is the same row, even if one of them is an earlier version.
    if (field === idField(a)) return 0;
  }
  return sort.at(-1)?.descending ? b.id - a.id : a.id - b.id;
}

function sortValue(row: ModelUser | ModelTask, field: string): string | number | bigint {
  if (field === idField(row)) return row.id;
  const value = row[field as keyof typeof row] as string | number | Address | DateTime;
  if (typeof value !== 'object') return value;
  return 'micros' in value ? value.micros : value.text;
}

function idField(row: ModelUser | ModelTask): string {
  return 'contactEmail' in row ? 'userId' : 'taskId';
}

function compareValues(a: string | number | bigint, b: string | number | bigint): number {
  if (typeof a === 'string' && typeof b === 'string') {
    // By code point: the operators of JavaScript compare UTF-16 units.
    const [one, other] = [toCodePoints(a), toCodePoints(b)];
    for (let i = 0; i < Math.min(one.length, other.length); i++) {
      const apart = (one[i] as number) - (other[i] as number);
      if (apart !== 0) return apart;
    }
    return one.length - other.length;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function toCodePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number);
}
