import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { TASKS } from '../api/records.ts';
import { lastEvent } from '../live/stream.ts';
import type { TaskFilters } from './list-query.ts';

/** How long to collect events before numbers are read again, in milliseconds. */
const REFRESH_DELAY_MS = 2_000;

/** The numbers of tasks that match, each undefined until it is read. */
export function useCounts(filters: readonly TaskFilters[]): (number | undefined)[] {
  const results = useQueries({
    queries: filters.map((one) => ({
      queryKey: [TASKS.name, 'related', 'count', one],
      queryFn: async () => (await api.tasks.listPage({ ...one, perPage: 1 }, { count: true })).total ?? null,
      placeholderData: keepPreviousData,
    })),
  });
  return results.map(({ data }) => data ?? undefined);
}

/** Reads the numbers again after changes by others, which can move a task from one number to another. */
export function useFreshCounts(): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = lastEvent.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: [TASKS.name, 'related'] });
      }, REFRESH_DELAY_MS);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, []);
}
