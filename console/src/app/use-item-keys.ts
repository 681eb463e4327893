import type { RefCallback } from 'react';
import { useListCursor } from '../ui/use-list-cursor.ts';
import { useListKeys } from './use-list-keys.ts';

/** What the element of an item gets. */
export interface ItemProps {
  'data-cursor': boolean;
  ref: RefCallback<HTMLElement>;
}

/**
 * The keys of a list for items that are all on the page: j, k and arrows move, Enter opens. Returns the properties of the
 * element of the item at an index.
 */
export function useItemKeys<T>(
  items: readonly T[],
  idOf: (item: T) => number,
  onOpen: (item: T) => unknown,
): (index: number) => ItemProps {
  const rows = { total: items.length, at: (index: number) => items[index], idOf };
  const cursor = useListCursor(rows);
  useListKeys({ rows, cursor, onOpen, isSelectable: false });
  return (index) => ({
    'data-cursor': index === cursor.index,
    ref: (element) => {
      if (index === cursor.index) element?.scrollIntoView({ block: 'nearest' });
    },
  });
}
