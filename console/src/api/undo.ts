import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';

/** How long a change can be undone. */
export const UNDO_MS = 10_000;

interface Entry {
  undo: () => unknown;
  expiresAt: number;
  closeToast: () => void;
}

const entries: Entry[] = [];

/** Reports a change, and offers to undo it for ten seconds: with the button, or with Ctrl-Z. */
export function offerUndo(label: string, undo: Entry['undo']): void {
  const run = () => {
    const index = entries.indexOf(entry);
    if (index === -1) return;
    entries.splice(index, 1);
    entry.closeToast();
    undo();
  };
  const closeToast = showToast({ title: label, action: { label: t('ui.undo'), run }, timeoutMs: UNDO_MS });
  const entry: Entry = { undo: run, expiresAt: Date.now() + UNDO_MS, closeToast };
  entries.push(entry);
}

/** Undoes the last change, if it is not older than ten seconds. Returns whether there was one. */
export function undoLast(): boolean {
  const entry = entries.at(-1);
  if (entry === undefined || entry.expiresAt < Date.now()) return false;
  entry.undo();
  return true;
}
