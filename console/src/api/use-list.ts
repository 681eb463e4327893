import { useInfiniteQuery } from '@tanstack/react-query';
import type { ApiPromise, Page } from '#client';

const PER_PAGE = 50;

interface PageQuery {
  perPage: number;
  sort: string;
  cursor?: string;
}

/** A list that is read page by page, without versions: tokens, webhooks, deliveries, entries of the audit. */
export function useList<T>(
  key: readonly unknown[],
  sort: string,
  read: (query: PageQuery) => ApiPromise<Page<T>>,
  refetchInterval?: number,
) {
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: '',
    queryFn: ({ pageParam }) => read({ perPage: PER_PAGE, sort, ...(pageParam !== '' && { cursor: pageParam }) }),
    getNextPageParam: (page: Page<T>) => page.next,
    // The event stream does not report what these lists have.
    staleTime: 0,
    ...(refetchInterval !== undefined && { refetchInterval }),
  });
  return { query, items: query.data?.pages.flatMap(({ items }) => items) ?? [] };
}
