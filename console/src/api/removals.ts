import { ApiError } from '#client';
import { type CachedRecord, dropRecord, patchRecords, refreshLists } from './cache.ts';
import { askAboutChanged } from './changed-records.ts';
import { enqueueChange } from './enqueue.ts';
import type { RecordKind } from './records.ts';
import { inParallel, readVersions } from './versions.ts';

type AnyKind<T> = RecordKind<T, never, never>;

/** The versions in which records are to be deleted: as they were shown or, if others have changed them, as is chosen. */
export async function versionsToDelete<T extends object>(
  kind: AnyKind<T>,
  shown: readonly T[],
): Promise<CachedRecord<T>[]> {
  const { same, changed, gone } = await enqueueChange(kind, shown.map(kind.idOf), () => readVersions(kind, shown));
  for (const one of gone) dropRecord(kind, kind.idOf(one));
  patchRecords(
    kind,
    changed.map(({ current }) => current),
  );
  const chosen = await askAboutChanged(kind, 'delete', changed);
  return [...same, ...chosen.map(({ current }) => current)];
}

/** Deletes records in these versions; asks about those that others have changed meanwhile. Returns how many it deleted. */
export async function deleteVersions<T extends object>(
  kind: AnyKind<T>,
  versions: readonly CachedRecord<T>[],
): Promise<number> {
  let count = 0;
  try {
    for (let open = versions; open.length > 0; ) {
      const overtaken: T[] = [];
      await inParallel(open, async ({ record, etag }) => {
        const id = kind.idOf(record);
        try {
          await enqueueChange(kind, [id], () => kind.remove(id, { ifMatch: etag }));
        } catch (error) {
          if (error instanceof ApiError && error.status === 412) return void overtaken.push(record);
          if (!(error instanceof ApiError && error.status === 404)) throw error;
        }
        count++;
        return dropRecord(kind, id);
      });
      open = await versionsToDelete(kind, overtaken);
    }
  } finally {
    refreshLists(kind);
  }
  return count;
}
