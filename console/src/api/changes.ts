import { ApiError } from '#client';
import { isSameRecord } from '../formats/records.ts';
import { type CachedRecord, cachedRecord, dropRecord, patchRecord, refreshLists } from './cache.ts';
import { askConflict } from './conflict.ts';
import { enqueueChange } from './pending.ts';
import type { RecordKind } from './records.ts';
import { reportError } from './report-error.ts';
import { beginUndo, offerUndo } from './undo.ts';

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
    const before = pick(shown, Object.keys(changes));
    const pending = options.label === undefined ? undefined : beginUndo(options.label);
    patchRecord(kind, { ...shown, ...changes }, cachedRecord(kind, id)?.etag);
    try {
      const updated = await enqueueChange(kind, id, () => send(kind, shown, changes));
      if (updated === undefined) {
        pending?.drop();
        return undefined;
      }
      patchRecord(kind, updated.record, updated.etag);
      pending?.ready(() => update(updated.record, before as Changes).catch(reportError));
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

  /** Deletes a record now: it cannot be undone. */
  async function remove(shown: T): Promise<void> {
    const id = kind.idOf(shown);
    dropRecord(kind, id);
    try {
      await enqueueChange(kind, id, () => kind.remove(id, { ifMatch: undefined }));
    } finally {
      refreshLists(kind);
    }
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
  let current = await read(kind, id);
  let base = shown;
  for (;;) {
    if (isSameRecord(versioned(kind, current.record), versioned(kind, base))) {
      try {
        const { data, etag } = await kind.update(id, wanted, { ifMatch: current.etag }).withResponse();
        return { record: data, etag };
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 412)) throw error;
        current = await read(kind, id);
      }
    }
    patchRecord(kind, current.record, current.etag);
    const chosen = await askConflict({
      kind: kind.name,
      id,
      base: versioned(kind, base),
      theirs: versioned(kind, current.record),
      yours: wanted as Record<string, unknown>,
    });
    if (chosen === undefined || Object.keys(chosen).length === 0) return undefined;
    wanted = chosen as Changes;
    base = current.record;
  }
}

async function read<T, New, Changes>(kind: RecordKind<T, New, Changes>, id: number): Promise<CachedRecord<T>> {
  const { data, etag } = await kind.get(id).withResponse();
  return { record: data, etag };
}

/** The fields that change only with the version. */
function versioned({ unversioned = [] }: { unversioned?: readonly string[] }, record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([field]) => !unversioned.includes(field)));
}

/** These fields of a record. A field that it lacks is null, which removes it. */
function pick(record: object, fields: string[]): object {
  return Object.fromEntries(fields.map((field) => [field, (record as Record<string, unknown>)[field] ?? null]));
}
