import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { readTaskSearch, type TaskSearch, writeTaskSearch } from './search.ts';

export interface TaskSearchState {
  search: TaskSearch;
  /** Changes the URL. While one types, `replace` keeps the history short. */
  change: (changes: Partial<TaskSearch>, options?: { replace?: boolean }) => void;
}

/** What the page shows, from the URL. */
export function useTaskSearch(): TaskSearchState {
  const parameters: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const key = JSON.stringify(parameters);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the router makes a new object each time
  const search = useMemo(() => readTaskSearch(parameters), [key]);
  const change = useCallback<TaskSearchState['change']>(
    (changes, { replace = false } = {}) => {
      void navigate({
        to: '.',
        replace,
        search: (previous: Record<string, unknown>) => writeTaskSearch({ ...readTaskSearch(previous), ...changes }),
      } as Parameters<typeof navigate>[0]);
    },
    [navigate],
  );
  return { search, change };
}
