import { useEffect, useRef, useState } from 'react';
import type { ListTasksQuery, Task } from '#client';
import { pageKey } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { TASKS } from '../api/records.ts';
import { reportError } from '../api/report-error.ts';
import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';
import type { Selection } from './use-selection.ts';

/** The most tasks that can be selected: a change first reads each of them. */
const MAX_SELECTED = 10_000;

/** How often the progress is shown, in tasks. */
const PROGRESS_STEP = 100;

/** Tasks that were read to be selected: the lists on the screen do not have all of them. */
const READ_TASKS = pageKey(TASKS, { isSelection: true }, 0);
queryClient.setQueryDefaults(READ_TASKS, { gcTime: Number.POSITIVE_INFINITY });

/**
 * Selects all tasks that match, which are read first, in one response. What else changes the selection or the filters stops
 * that.
 */
export function useReadAll({ ids, select, matching }: Selection, query: ListTasksQuery) {
  const [readCount, setReadCount] = useState<number>();
  const reading = useRef<AbortController>(undefined);
  const key = JSON.stringify(query);

  const stop = () => {
    reading.current?.abort();
    setReadCount(undefined);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read belongs to the query and the selection
  useEffect(() => stop, [key, ids]);
  useEffect(() => () => queryClient.removeQueries({ queryKey: READ_TASKS }), []);

  const read = async () => {
    const controller = new AbortController();
    const { signal } = controller;
    reading.current = controller;
    setReadCount(0);
    const items: Task[] = [];
    try {
      for await (const task of api.tasks.stream(query, { signal })) {
        if (signal.aborted) return;
        items.push(task);
        if (items.length % PROGRESS_STEP === 0) setReadCount(items.length);
      }
      if (signal.aborted) return;
      queryClient.setQueryData(READ_TASKS, { items });
      select(items.map(TASKS.idOf), true);
    } catch (error) {
      if (signal.aborted) return;
      stop();
      reportError(error);
    }
  };
  const selectAll = () => {
    if (matching === undefined) return;
    if (matching <= MAX_SELECTED) void read();
    else showToast({ title: t('tasks.tooMany', { limit: MAX_SELECTED }), description: t('tasks.tooManyHint') });
  };
  return {
    selectAll,
    stop,
    /** While tasks are read: how many have been. */
    readCount,
  };
}
