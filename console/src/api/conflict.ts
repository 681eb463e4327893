import { createStore } from './store.ts';

/** A change that was made to another version than the current one. */
export interface Conflict {
  kind: string;
  id: number;
  /** What was shown when the change was made. */
  base: Record<string, unknown>;
  /** The current version. */
  theirs: Record<string, unknown>;
  /** The fields that were to change. */
  yours: Record<string, unknown>;
  /** Continues with the fields of the result that differ from `theirs`, or drops the change. */
  resolve: (changes: Record<string, unknown> | undefined) => void;
}

/** The conflict that waits for a choice. The frame shows a dialog for it. */
export const openConflict = createStore<Conflict | undefined>(undefined);

/** Asks which side to take. Undefined if the change is dropped. */
export function askConflict(conflict: Omit<Conflict, 'resolve'>): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve) => {
    openConflict.set({
      ...conflict,
      resolve: (changes) => {
        openConflict.set(undefined);
        resolve(changes);
      },
    });
  });
}
