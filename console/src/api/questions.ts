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

/** A record that was not changed or deleted, because others have changed it since it was shown. */
export interface OvertakenRecord {
  id: number;
  title: string;
  /** What was shown. */
  base: Record<string, unknown>;
  /** The current version. */
  theirs: Record<string, unknown>;
  /** The fields that were to change. */
  yours: Record<string, unknown>;
}

/** Asks which records to change or delete all the same. */
export interface ChangedQuestion {
  kind: string;
  action: 'change' | 'delete';
  records: readonly OvertakenRecord[];
  resolve: (ids: ReadonlySet<number>) => void;
}

/** The question that waits for a choice. The frame shows a dialog for it. */
export const openQuestion = createStore<ChangedQuestion | undefined>(undefined);
