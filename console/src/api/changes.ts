import { ApiError } from '#client';
import { fieldsBefore } from '../formats/records.ts';
import { type CachedRecord, cachedRecord, patchRecord, refreshLists } from './cache.ts';
import { askConflict } from './conflict.ts';
import { enqueueChange } from './enqueue.ts';
import type { RecordKind } from './records.ts';
import { deleteVersions, versionsToDelete } from './removals.ts';
import { reportError } from './report-error.ts';
import { beginUndo, offerUndo } from './undo.ts';
import { isSameVersion, readVersion, versionedFields } from './versions.ts';

export interface ChangeOptions {
  /** What happened, in the past tense: the text of the message with the button "Undo". Without it, there is none. */
  label?: string | undefined;
}

/**
 * Changes records of a kind: shown at once, sent with `If-Match`, and undone if the service rejects them. If the record
 * has changed since it was shown, the conflict dialog asks. All functions throw the `ApiError` of the service: its
 * `details` belong beside the fields.
 */
export function changesOf<T extends object, New, Changes extends object>(kind: RecordKind<T, New, Changes>) {
  /** @returns the record, or undefined if a conflict was resolved by dropping the change. */
  async function update(shown: T, changes: Changes, options: ChangeOptions = {}): Promise<T | undefined> {
    const id = kind.idOf(shown);
    const { label } = options;
    const pending = label === undefined ? undefined : beginUndo();
    patchRecord(kind, { ...shown, ...changes }, cachedRecord(kind, id)?.etag);
    try {
      const updated = await enqueueChange(kind, [id], () => send(kind, shown, changes));
      if (updated === undefined) {
        pending?.drop();
        return undefined;
      }
      patchRecord(kind, updated.record, updated.etag);
      const before = fieldsBefore(shown, changes) as Changes;
      if (label !== undefined) pending?.ready(label, () => update(updated.record, before).catch(reportError));
      return updated.record;
    } catch (error) {
      pending?.drop();
      patchRecord(kind, shown, undefined);
      throw error;
    }
  }

  async function create(values: New, options: ChangeOptions = {}): Promise<T> {
    const { data, etag } = await kind.create(values).withResponse();
    patchRecord(kind, data, etag);
    refreshLists(kind);
    if (options.label !== undefined) offerUndo(options.label, () => remove(data).catch(reportError));
    return data;
  }

  /** Deletes a record now: it cannot be undone. Returns false if it was kept, as others have changed it, or was gone. */
  async function remove(shown: T): Promise<boolean> {
    const versions = await versionsToDelete(kind, [shown]);
    return (await deleteVersions(kind, versions)) > 0;
  }

  return { create, update, remove };
}

async function send<T extends object, New, Changes extends object>(
  kind: RecordKind<T, New, Changes>,
  shown: T,
  changes: Changes,
): Promise<CachedRecord<T> | undefined> {
  const id = kind.idOf(shown);
  let wanted: Changes = changes;
  // The list has no versions. The version that is read now is the one that was shown if it has the same fields.
  let current = await readVersion(kind, id);
  let base = shown;
  for (;;) {
    if (isSameVersion(kind, current.record, base)) {
      try {
        const { data, etag } = await kind.update(id, wanted, { ifMatch: current.etag }).withResponse();
        return { record: data, etag };
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 412)) throw error;
        current = await readVersion(kind, id);
      }
    }
    patchRecord(kind, current.record, current.etag);
    const chosen = await askConflict({
      kind: kind.name,
      id,
      base: versionedFields(kind, base),
      theirs: versionedFields(kind, current.record),
      yours: wanted as Record<string, unknown>,
    });
    if (chosen === undefined || Object.keys(chosen).length === 0) return undefined;
    wanted = chosen as Changes;
    base = current.record;
  }
}
