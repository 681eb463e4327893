import type { Created } from './store.ts';

/** What was inserted just now, and the number of its entry in the change log. */
export interface Inserted<T> extends Created<T> {
  sequence: number;
}
