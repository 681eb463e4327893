import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';

/** How long a change can be undone. */
export const UNDO_MS = 10_000;

/** A change that is being stored. */
export interface PendingUndo {
  /**
   * The change is stored: reports it, and offers to undo it. If that was asked for meanwhile, undoes it now.
   *
   * @param label what happened, in the past tense.
   */
  ready: (label: string, undo: () => unknown) => void;
  /** There is nothing to undo: the change was rejected. */
  drop: () => void;
}

interface Entry {
  run: () => void;
  expiresAt: number;
}

const entries: Entry[] = [];

/**
 * Begins a change that can be undone. As it is shown at once, Ctrl-Z undoes it also before it is stored: as soon as it is.
 */
export function beginUndo(): PendingUndo {
  let isRequested = false;
  const entry: Entry = {
    run: () => {
      isRequested = true;
      remove(entry);
    },
    expiresAt: Number.POSITIVE_INFINITY,
  };
  entries.push(entry);
  return {
    drop: () => remove(entry),
    ready: (label, undo) => {
      if (isRequested) return void undo();
      const closeToast = showToast({
        title: label,
        action: { label: t('ui.undo'), run: () => entry.run() },
        timeoutMs: UNDO_MS,
      });
      entry.expiresAt = Date.now() + UNDO_MS;
      entry.run = () => {
        if (!remove(entry)) return;
        closeToast();
        undo();
      };
    },
  };
}

/** Reports a change, and offers to undo it for ten seconds: with the button, or with Ctrl-Z. */
export function offerUndo(label: string, undo: () => unknown): void {
  beginUndo().ready(label, undo);
}

/** Undoes the last change, if it is not older than ten seconds. Returns whether there was one. */
export function undoLast(): boolean {
  const entry = entries.at(-1);
  if (entry === undefined || entry.expiresAt < Date.now()) return false;
  entry.run();
  return true;
}

function remove(entry: Entry): boolean {
  const index = entries.indexOf(entry);
  if (index !== -1) entries.splice(index, 1);
  return index !== -1;
}
