import type { Created } from '../../domain/outcomes.ts';

/** A resource that was just inserted, and the sequence number of its entry in the change log. */
export interface Inserted<T> extends Created<T> {
  sequence: number;
}

/** The id of the user who owns a resource, or null. */
export function ownerOf(item: object): number | null {
  return 'userId' in item ? (item.userId as number | null) : null;
}
