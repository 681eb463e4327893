import type { ListTasksQuery, TaskStatus } from '../../../client/src/index.ts';
import { dayNamed, daysFrom, type Period, weekOf } from '../formats/periods.ts';
import { DAY_MS } from '../formats/zoned-time.ts';
import { OPEN_STATUSES, type TaskSearch, type View } from './search.ts';

export interface Calendar {
  /** Milliseconds since the epoch. */
  now: number;
  timeZone: string;
}

/** The filters of a list of tasks, without sort and page. */
export type TaskFilters = Pick<
  ListTasksQuery,
  'taskStatus' | 'userId' | 'dueAfter' | 'dueBefore' | 'overdue' | 'search'
>;

/** The filters of the tasks that the page shows. A period that ends before it starts has no tasks. */
export function toFilters(search: TaskSearch, calendar: Calendar): TaskFilters {
  const { view, due, owner, status, words } = search;
  const periods = [periodOf(view, calendar), due === undefined ? undefined : periodOf(due, calendar)];
  const overdue = view === 'overdue' || due === 'overdue';
  const known = periods.filter((period) => period !== undefined);
  const from = latest(known.map((period) => period.from));
  const to = earliest(known.map((period) => period.to));
  // Today and this week are about what is to be done.
  const onlyOpen = status.length === 0 && (view === 'today' || view === 'week');
  const taskStatus: readonly TaskStatus[] = onlyOpen ? OPEN_STATUSES : status;
  return {
    ...(taskStatus.length > 0 && { taskStatus: [...taskStatus] }),
    ...(owner !== undefined && { userId: owner }),
    ...(from !== undefined && { dueAfter: from }),
    ...(to !== undefined && { dueBefore: to }),
    ...(overdue && { overdue: true }),
    ...(words.trim() !== '' && { search: words.trim() }),
  };
}

/** The filters that the number beside a view counts: the view alone, so that it does not depend on what is typed. */
export function filtersOfView(view: View, calendar: Calendar): TaskFilters {
  const search: TaskSearch = { view, layout: 'table', status: [], words: '', sort: 'dueDate' };
  return toFilters(search, calendar);
}

function periodOf(name: string, { now, timeZone }: Calendar): Period | undefined {
  switch (name) {
    case 'all':
    case 'overdue':
      return undefined;
    case 'today':
      return daysFrom(now, 1, timeZone);
    case 'tomorrow':
      // At noon, the day that follows is the next one also if clocks change.
      return daysFrom(Date.parse(daysFrom(now, 1, timeZone).to) + DAY_MS / 2, 1, timeZone);
    case 'week':
      return weekOf(now, timeZone);
    case 'month':
      return daysFrom(now, 30, timeZone);
    default:
      return dayNamed(name, timeZone);
  }
}

function latest(times: readonly string[]): string | undefined {
  return times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

function earliest(times: readonly string[]): string | undefined {
  return times.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
}
