import type { Created } from '../../domain/outcomes.ts';

/** What was inserted just now, and the number of its entry in the change log. */
export interface Inserted<T> extends Created<T> {
  sequence: number;
}

/** Whose data it is, or null for nobody's. */
export function ownerOf(item: object): number | null {
  return 'userId' in item ? (item.userId as number | null) : null;
}
