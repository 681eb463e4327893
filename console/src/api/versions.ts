import { ApiError } from '#client';
import { isSameRecord } from '../formats/records.ts';
import type { CachedRecord } from './cache.ts';
import type { RecordKind } from './records.ts';

/** A record that others have changed since it was shown. */
export interface ChangedRecord<T> {
  shown: T;
  current: CachedRecord<T>;
}

/** The current versions of records. */
export interface Versions<T> {
  /** Those that are as they were shown. */
  same: CachedRecord<T>[];
  changed: ChangedRecord<T>[];
  /** Those that no longer exist, as they were shown. */
  gone: T[];
}

type ReadableKind<T> = Pick<RecordKind<T, never, never>, 'idOf' | 'get' | 'unversioned'>;

/** Reads the current version of a record. */
export async function readVersion<T>(kind: ReadableKind<T>, id: number): Promise<CachedRecord<T>> {
  const { data, etag } = await kind.get(id).withResponse();
  return { record: data, etag };
}

/**
 * Reads the current versions of records. Lists have no versions: the one that is read now is the one that was shown if it
 * has the same fields.
 */
export async function readVersions<T extends object>(kind: ReadableKind<T>, shown: readonly T[]): Promise<Versions<T>> {
  const found = new Map<T, CachedRecord<T>>();
  await inParallel(shown, async (one) => {
    try {
      found.set(one, await readVersion(kind, kind.idOf(one)));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  });
  const versions: Versions<T> = { same: [], changed: [], gone: [] };
  for (const one of shown) {
    const current = found.get(one);
    if (current === undefined) versions.gone.push(one);
    else if (isSameVersion(kind, current.record, one)) versions.same.push(current);
    else versions.changed.push({ shown: one, current });
  }
  return versions;
}

/** Whether two records can be of one version. */
export function isSameVersion<T extends object>(kind: ReadableKind<T>, one: T, other: T): boolean {
  return isSameRecord(versionedFields(kind, one), versionedFields(kind, other));
}

/** The fields that change only with the version. */
export function versionedFields<T extends object>(
  { unversioned = [] }: ReadableKind<T>,
  record: T,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([field]) => !unversioned.includes(field)));
}

/** How many requests are sent at the same time. */
const CONCURRENCY = 8;

/** Runs a function for each item, for some of them at the same time. After an error, no other is begun. */
export async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items].reverse();
  const runNext = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      try {
        await run(item);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, runNext));
}
