import { useQueries } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiEvent, Page } from '#client';
import { pageKey, refreshLists } from '../api/cache.ts';
import type { RecordKind } from '../api/records.ts';
import type { Rows } from '../ui/rows.ts';
import { lastChanged } from './changed.ts';
import { lastEvent } from './stream.ts';

const PAGE_SIZE = 100;

/** How long to collect events before the list is read again, and how often at most. */
const REFRESH_DELAY_MS = 250;
const REFRESH_INTERVAL_MS = 2_000;

interface RowsOptions<T> {
  /** Whether a created record belongs to the list. By default, it is assumed. */
  matches?: (record: T) => boolean;
  /** How often to read the rows in view again. For records that the event stream does not report. */
  pollIntervalMs?: number;
}

/**
 * The rows of a list with these filters and this order: pages are read as they come into view, and stay current. While
 * the list is scrolled, created records are counted instead of shown.
 *
 * @param query parameters of the API, such as `{ sort: 'dueDate', taskStatus: ['BLOCKED'] }`. Undefined values are left out.
 */
export function useRows<T extends object>(
  kind: Pick<RecordKind<T, never, never>, 'name' | 'idOf' | 'listPage'>,
  query: object,
  { matches, pollIntervalMs }: RowsOptions<T> = {},
): Rows<T> {
  const [range, setRange] = useState({ first: 0, last: 0 });
  const indexes = [...new Set([0, ...pagesOf(range.first, range.last)])];
  const results = useQueries({
    queries: indexes.map((page) => ({
      queryKey: pageKey(kind, query, page),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        kind.listPage({ ...query, page, perPage: PAGE_SIZE }, { count: page === 0, signal }),
      ...(pollIntervalMs !== undefined && { refetchInterval: pollIntervalMs, staleTime: 0 }),
    })),
  });
  const pages = new Map<number, Page<T>>();
  for (const [i, page] of indexes.entries()) {
    const { data } = results[i] ?? {};
    if (data !== undefined) pages.set(page, data);
  }
  const total = pages.get(0)?.total;

  const isScrolled = useRef(false);
  const [newCount, setNewCount] = useState(0);
  const refresh = useCallback(() => {
    setNewCount(0);
    refreshLists(kind);
  }, [kind]);
  useListEvents(kind, ({ type, data }, refreshSoon) => {
    const isCreation = type === `${kind.name}.created`;
    if (isCreation && matches?.(data as T) === false) return;
    if (isCreation && isScrolled.current) setNewCount((count) => count + 1);
    else refreshSoon();
  });

  // What was shown stays until the list with the new filters has arrived.
  const shown = useRef({ total: 0, pages });
  if (total !== undefined) shown.current = { total, pages };
  const current = shown.current;

  return {
    total: current.total,
    at: (index) => current.pages.get(Math.floor(index / PAGE_SIZE))?.items[index % PAGE_SIZE],
    idOf: kind.idOf,
    changedAt: (id) => lastChanged(kind, id),
    isLoading: total === undefined && current.pages.size === 0,
    isStale: total === undefined,
    error: results.find(({ error }) => error !== null)?.error ?? undefined,
    newCount,
    refresh,
    show: useCallback((first: number, last: number) => {
      isScrolled.current = first > 0;
      setRange((previous) => {
        const isSame = pagesOf(first, last).join() === pagesOf(previous.first, previous.last).join();
        return isSame ? previous : { first, last };
      });
    }, []),
  };
}

/** The pages that have these rows. */
function pagesOf(first: number, last: number): number[] {
  const from = Math.floor(first / PAGE_SIZE);
  const to = Math.floor(last / PAGE_SIZE);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/**
 * Calls `onEvent` when records of the kind are created or deleted. Its function `refreshSoon` reads the lists again: soon
 * after the first call, then at most every two seconds.
 */
function useListEvents(kind: { name: string }, onEvent: (event: ApiEvent, refreshSoon: () => void) => void): void {
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastRun = 0;
    const refreshSoon = () => {
      const delayMs = Math.max(REFRESH_DELAY_MS, lastRun + REFRESH_INTERVAL_MS - Date.now());
      timer ??= setTimeout(() => {
        timer = undefined;
        lastRun = Date.now();
        refreshLists(kind);
      }, delayMs);
    };
    const unsubscribe = lastEvent.subscribe(() => {
      const event = lastEvent.get();
      if (event?.type === `${kind.name}.created` || event?.type === `${kind.name}.deleted`) {
        latest.current(event, refreshSoon);
      }
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [kind]);
}
