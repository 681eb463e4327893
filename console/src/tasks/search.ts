import type { TaskStatus } from '../../../client/src/index.ts';

/** The statuses of a task, in the order of their columns. */
export const TASK_STATUSES: readonly TaskStatus[] = [
  ...(['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED'] as const),
  ...(['DEFERRED', 'COMPLETED', 'CANCELLED'] as const),
];

/** Statuses of tasks that need to be done. */
export const OPEN_STATUSES: readonly TaskStatus[] = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED'];

/** The views of the tasks, in the order of their tabs. */
export const VIEWS = ['all', 'today', 'week', 'overdue'] as const;

export type View = (typeof VIEWS)[number];

/** Periods that the filter "due" offers, beside single days. */
export const DUE_CHOICES = ['overdue', 'today', 'tomorrow', 'week', 'month'] as const;

const SORT_FIELDS = ['taskId', 'taskTitle', 'taskStatus', 'dueDate', 'userId', 'warningOffset'] as const;

/** What the URL of the page of tasks says. What is missing is the default. */
export interface TaskSearch {
  view: View;
  layout: 'table' | 'board';
  owner?: number | undefined;
  status: readonly TaskStatus[];
  /** One of {@link DUE_CHOICES}, or a day such as `2030-01-31`. */
  due?: string | undefined;
  words: string;
  /** A field, with `-` in front for descending order. */
  sort: string;
  /** The task that is open beside the list. */
  task?: number | undefined;
}

export const DEFAULT_SORT = 'dueDate';

/** Reads the parameters of a URL. What is not valid is left out, so that every URL shows something. */
export function readTaskSearch(parameters: Readonly<Record<string, unknown>>): TaskSearch {
  const text = (name: string) => (parameters[name] === undefined ? '' : String(parameters[name]));
  const oneOf = <T extends string>(values: readonly T[], name: string) => values.find((value) => value === text(name));
  const id = (name: string) => (/^[1-9]\d{0,15}$/.test(text(name)) ? Number(text(name)) : undefined);
  const sort = text('sort');
  const due = text('due');
  return {
    view: oneOf(VIEWS, 'view') ?? 'all',
    layout: oneOf(['board'], 'layout') ?? 'table',
    owner: id('owner'),
    status: TASK_STATUSES.filter((status) => text('status').split(',').includes(status)),
    due: oneOf(DUE_CHOICES, 'due') ?? (/^\d{4}-\d{2}-\d{2}$/.test(due) ? due : undefined),
    words: text('q'),
    sort: SORT_FIELDS.some((field) => sort === field || sort === `-${field}`) ? sort : DEFAULT_SORT,
    task: id('task'),
  };
}

/** The parameters of a URL, without those that are the default. */
export function writeTaskSearch(search: TaskSearch): Record<string, string | undefined> {
  const { view, layout, owner, status, due, words, sort, task } = search;
  return {
    view: view === 'all' ? undefined : view,
    layout: layout === 'table' ? undefined : layout,
    owner: owner?.toString(),
    status: status.length === 0 ? undefined : status.join(','),
    due,
    q: words === '' ? undefined : words,
    sort: sort === DEFAULT_SORT ? undefined : sort,
    task: task?.toString(),
  };
}

/** Whether a filter, beside the view, hides tasks. */
export function isFiltered({ owner, status, due, words }: TaskSearch): boolean {
  return owner !== undefined || status.length > 0 || due !== undefined || words !== '';
}
