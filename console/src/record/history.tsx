import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Change, Page } from '#client';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { hasScopes } from '../api/session.ts';
import { t } from '../i18n/t.ts';
import { lastEvent } from '../live/stream.ts';
import { Button } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { ActorName } from './actor-name.tsx';
import { FieldName, FieldValue } from './field-value.tsx';
import styles from './history.module.css';

const PAGE_SIZE = 20;

interface HistoryProps {
  kind: 'task' | 'user';
  id: number;
}

/**
 * What happened to a record, newest first: who changed which field from what to what. The history of a user is the audit
 * log of the user, which needs the scope `admin`.
 */
export function History({ kind, id }: HistoryProps) {
  const isAllowed = kind === 'task' || hasScopes(['admin']);
  const queryKey = [kind, 'related', 'history', id];
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => readPage(kind, id, pageParam, signal),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (last.items.length < PAGE_SIZE ? undefined : pages.length),
    enabled: isAllowed,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key consists of them
  useEffect(
    () =>
      lastEvent.subscribe(() => {
        const event = lastEvent.get()?.data as { taskId?: number; userId?: number } | undefined;
        if (event?.[`${kind}Id`] === id) void queryClient.invalidateQueries({ queryKey });
      }),
    [kind, id],
  );
  const changes = data?.pages.flatMap(({ items }) => items);
  return (
    <section className={styles.section} aria-labelledby={`history-${kind}-${id}`}>
      <h2 id={`history-${kind}-${id}`}>{t('record.history')}</h2>
      {!isAllowed && <p className={styles.note}>{t('record.historyNeedsAdmin')}</p>}
      {error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {isAllowed && error === null && changes === undefined && <SkeletonRows count={3} />}
      {changes?.length === 0 && <p className={styles.note}>{t('record.historyEmpty')}</p>}
      {changes !== undefined && (
        <ol className={styles.changes}>
          {changes.map((change) => (
            <Entry key={change.sequence} change={change} kind={kind} id={id} />
          ))}
        </ol>
      )}
      {hasNextPage && (
        <Button onClick={() => void fetchNextPage()} disabled={isFetchingNextPage}>
          {t('record.older')}
        </Button>
      )}
    </section>
  );
}

function readPage(kind: HistoryProps['kind'], id: number, page: number, signal: AbortSignal): Promise<Page<Change>> {
  const query = { sort: '-sequence', page, perPage: PAGE_SIZE };
  return kind === 'task'
    ? api.tasks.historyPage(id, query, { signal })
    : api.audit.listPage({ ...query, userId: id }, { signal });
}

function Entry({ change, kind, id }: { change: Change; kind: string; id: number }) {
  const { sequence, timestamp, type, actor, taskId, tokenId, before, after } = change;
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = type.split('.')[0] ?? kind;
  const isOther = changed !== kind;
  return (
    <li className={styles.change}>
      <p className={styles.line}>
        <code className={styles.type}>{type}</code>
        {isOther && taskId !== undefined && (
          <Link to={`/tasks/${taskId}` as string}>{t('record.task', { id: String(taskId) })}</Link>
        )}
        {isOther && tokenId !== undefined && <span>{t('record.token', { id: String(tokenId) })}</span>}
        <ActorName actor={actor} />
        <span className={styles.note}>
          <DateTime value={timestamp} form="log" /> ·{' '}
          <Link to="/events" search={{ after: String(sequence - 1) } as never} title={t('record.eventHint')}>
            {t('record.event', { sequence: String(sequence) })}
          </Link>
        </span>
      </p>
      {fields.length > 0 && changed !== 'token' && (
        <dl className={styles.fields}>
          {fields.map((field) => (
            <div key={field}>
              <dt>
                <FieldName kind={changed} field={field} />
              </dt>
              <dd>
                {before?.[field] !== undefined && (
                  <>
                    <del>
                      <FieldValue kind={changed} field={field} value={before[field]} />
                    </del>
                    <span aria-hidden="true"> → </span>
                  </>
                )}
                <ins>
                  <FieldValue kind={changed} field={field} value={after?.[field]} />
                </ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {before === undefined && after === undefined && kind === changed && id > 0 && !type.endsWith('.deleted') && (
        <p className={styles.note}>{t('record.erased')}</p>
      )}
    </li>
  );
}
