import { notifyManager } from '@tanstack/react-query';
import type { Page } from '#client';
import { queryClient } from './query-client.ts';
import type { RecordKind } from './records.ts';

// The keys of queries: `[kind, 'record', id]` for one record, `[kind, 'page', query, page]` for a page of a list, and
// `[kind, 'related', …]` for anything else that a change of the kind may make stale.

/** A record with its version. */
export interface CachedRecord<T> {
  record: T;
  /** Undefined if it is not known which version this is: it came from the event stream. */
  etag: string | undefined;
}

type AnyKind<T> = Pick<RecordKind<T, never, never>, 'name' | 'idOf'>;

export function recordKey(kind: { name: string }, id: number): readonly unknown[] {
  return [kind.name, 'record', id];
}

export function pageKey(kind: { name: string }, query: object, page: number): readonly unknown[] {
  return [kind.name, 'page', query, page];
}

/** The cached record, or undefined. */
export function cachedRecord<T>(kind: AnyKind<T>, id: number): CachedRecord<T> | undefined {
  return queryClient.getQueryData(recordKey(kind, id));
}

/** The record as it is shown: from the cache of records, or from a list. Undefined if the cache lacks it. */
export function findRecord<T>(kind: AnyKind<T>, id: number): T | undefined {
  return findRecords(kind, [id])[0];
}

/** The records as they are shown, as {@link findRecord}. Those that the cache lacks are left out. */
export function findRecords<T>(kind: AnyKind<T>, ids: readonly number[]): T[] {
  const missing = new Set(ids.filter((id) => cachedRecord(kind, id) === undefined));
  const listed = new Map<number, T>();
  for (const [, page] of queryClient.getQueriesData<Page<T>>({ queryKey: [kind.name, 'page'] })) {
    if (missing.size === 0) break;
    for (const one of page?.items ?? []) if (missing.delete(kind.idOf(one))) listed.set(kind.idOf(one), one);
  }
  return ids.flatMap((id) => cachedRecord(kind, id)?.record ?? listed.get(id) ?? []);
}

/** Replaces a record wherever the cache has it. */
export function patchRecord<T>(kind: AnyKind<T>, record: T, etag: string | undefined): void {
  patchRecords(kind, [{ record, etag }]);
}

/** Replaces records wherever the cache has them. */
export function patchRecords<T>(kind: AnyKind<T>, cached: readonly CachedRecord<T>[]): void {
  const byId = new Map(cached.map(({ record }) => [kind.idOf(record), record]));
  notifyManager.batch(() => {
    for (const one of cached) queryClient.setQueryData(recordKey(kind, kind.idOf(one.record)), one);
    queryClient.setQueriesData<Page<T>>({ queryKey: [kind.name, 'page'] }, (page) => {
      if (!page?.items.some((one) => byId.has(kind.idOf(one)))) return page;
      return { ...page, items: page.items.map((one) => byId.get(kind.idOf(one)) ?? one) };
    });
  });
}

/** Removes a record wherever the cache has it. */
export function dropRecord<T>(kind: AnyKind<T>, id: number): void {
  queryClient.removeQueries({ queryKey: recordKey(kind, id) });
  queryClient.setQueriesData<Page<T>>({ queryKey: [kind.name, 'page'] }, (page) => {
    if (!page?.items.some((one) => kind.idOf(one) === id)) return page;
    const total = page.total === undefined ? undefined : page.total - 1;
    return { ...page, total, items: page.items.filter((one) => kind.idOf(one) !== id) };
  });
}

/** Reads the lists of a kind again: those on the screen now, the others when they are shown. */
export function refreshLists(kind: { name: string }): void {
  void queryClient.invalidateQueries({ queryKey: [kind.name, 'page'] });
  void queryClient.invalidateQueries({ queryKey: [kind.name, 'related'] });
}
