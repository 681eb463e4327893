import type { ReactNode } from 'react';
import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import { ErrorState } from './error-state.tsx';
import { SkeletonRows } from './skeleton.tsx';
import table from './table.module.css';

interface ListStatesProps {
  /** What `useInfiniteQuery` returns. */
  query: {
    isPending: boolean;
    isError: boolean;
    error: Error | null;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    refetch: () => unknown;
    fetchNextPage: () => unknown;
  };
  isEmpty: boolean;
  /** What is shown instead of an empty list. */
  empty: ReactNode;
  /** The rows. */
  children: ReactNode;
}

/** A list that is loading, failed, empty, or has rows; and a button for more of them. */
export function ListStates({ query, isEmpty, empty, children }: ListStatesProps) {
  if (query.isPending) {
    return (
      <div role="status" aria-label={t('ui.loading')}>
        <SkeletonRows count={6} />
      </div>
    );
  }
  if (query.isError && isEmpty) return <ErrorState error={query.error as Error} onRetry={() => void query.refetch()} />;
  if (isEmpty) return empty;
  return (
    <>
      {children}
      {query.hasNextPage && (
        <div className={table.more}>
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('ui.showMore')}
          </Button>
        </div>
      )}
    </>
  );
}
