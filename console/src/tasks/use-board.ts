import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import type { Page, Task, TaskStatus } from '#client';
import { pageKey } from '../api/cache.ts';
import { TASKS } from '../api/records.ts';
import type { TaskFilters } from './list-query.ts';
import { TASK_STATUSES } from './search.ts';

const PAGE_ROWS = 100;

export interface BoardColumn {
  status: TaskStatus;
  tasks: readonly Task[];
  /** The number of tasks, also of those that have not been read yet; undefined until the first are read. */
  total: number | undefined;
  hasMore: boolean;
  loadMore: () => void;
}

export interface Board {
  columns: readonly BoardColumn[];
  error: Error | null;
  refetch: () => void;
}

/**
 * The tasks by status. A task whose status changes moves to the other column at once, without reading either column again.
 */
export function useBoard(filters: TaskFilters, sort: string): Board {
  const [pageCounts, setPageCounts] = useState<Partial<Record<TaskStatus, number>>>({});
  const statuses = TASK_STATUSES.filter((status) => filters.taskStatus?.includes(status) ?? true);
  const wanted = statuses.flatMap((status) =>
    Array.from({ length: pageCounts[status] ?? 1 }, (_, page) => ({ status, page })),
  );
  const queries = useQueries({
    queries: wanted.map(({ status, page }) => ({
      queryKey: pageKey(TASKS, { ...filters, taskStatus: [status], sort }, page),
      queryFn: ({ signal }: { signal: AbortSignal }): Promise<Page<Task>> =>
        TASKS.listPage(
          { ...filters, taskStatus: [status], sort, page, perPage: PAGE_ROWS },
          { count: page === 0, signal },
        ),
    })),
  });
  const pages = wanted.map(({ status, page }, index) => ({ status, page, data: queries[index]?.data }));
  const loaded = pages.flatMap(({ status, data }) => (data?.items ?? []).map((task) => ({ task, column: status })));
  const columns = statuses.map((status): BoardColumn => {
    const own = pages.filter((page) => page.status === status);
    return {
      status,
      tasks: tasksWith(loaded, status, sort),
      total: countWith(loaded, status, own[0]?.data),
      hasMore: own.at(-1)?.data?.next !== undefined,
      loadMore: () => setPageCounts((before) => ({ ...before, [status]: own.length + 1 })),
    };
  });
  const failed = queries.filter(({ isError }) => isError);
  return {
    columns,
    error: failed[0]?.error ?? null,
    refetch: () => {
      for (const query of failed) void query.refetch();
    },
  };
}

interface LoadedTask {
  task: Task;
  /** The column in which it was read. */
  column: TaskStatus;
}

/** The tasks of a column: those that came from others are where the sort puts them. */
function tasksWith(loaded: readonly LoadedTask[], status: TaskStatus, sort: string): Task[] {
  const own = loaded
    .filter(({ task, column }) => column === status && task.taskStatus === status)
    .map(({ task }) => task);
  const ids = new Set(own.map(({ taskId }) => taskId));
  const added = loaded
    .filter(({ task, column }) => column !== status && task.taskStatus === status && !ids.has(task.taskId))
    .map(({ task }) => task);
  if (added.length === 0) return own;
  const compare = comparator(sort);
  // The service has sorted the others; sorting them again could give another order.
  for (const task of added) {
    const index = own.findIndex((other) => compare(task, other) < 0);
    own.splice(index === -1 ? own.length : index, 0, task);
  }
  return own;
}

function countWith(
  loaded: readonly LoadedTask[],
  status: TaskStatus,
  first: Page<Task> | undefined,
): number | undefined {
  if (first?.total === undefined) return undefined;
  const ownIds = new Set(loaded.filter(({ column }) => column === status).map(({ task }) => task.taskId));
  const gone = loaded.filter(({ task, column }) => column === status && task.taskStatus !== status).length;
  const added = loaded.filter(({ task }) => task.taskStatus === status && !ownIds.has(task.taskId)).length;
  return first.total - gone + added;
}

function comparator(sort: string): (a: Task, b: Task) => number {
  const field = sort.replace('-', '') as keyof Task;
  const direction = sort.startsWith('-') ? -1 : 1;
  const value = (task: Task) => (field === 'dueDate' ? Date.parse(task.dueDate) : (task[field] ?? ''));
  return (a, b) => {
    const [one, other] = [value(a), value(b)];
    const order = one < other ? -1 : one > other ? 1 : a.taskId - b.taskId;
    return order * direction;
  };
}
