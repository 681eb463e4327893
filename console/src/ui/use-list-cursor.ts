import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { IndexedRows } from './rows.ts';

/** What moves a cursor and changes a selection. */
export interface ListActions {
  moveTo: (index: number) => void;
  /** Moves by so many rows; `extend` also selects what is passed. */
  moveBy: (delta: number, extend?: boolean) => void;
  toggle: (index: number) => void;
  /** Selects everything between the last selected row and this one. */
  selectTo: (index: number) => void;
  /** Selects all rows that are loaded, beside those that are selected. */
  selectAll: () => void;
  clear: () => void;
}

/** Where the keys are in a list, and what is selected. Indexes are those of the rows. */
export interface ListCursor extends ListActions {
  /** The row that keys apply to. */
  index: number | undefined;
  /** The IDs of the selected rows. */
  selected: ReadonlySet<number>;
  /** The functions of the cursor: the same object in each render. */
  actions: ListActions;
}

/**
 * The cursor and the selection of a list.
 *
 * @param selectedIds the selection, for example from the URL.
 * @param onSelect is called with the new selection, and whether it has all rows that are loaded.
 */
export function useListCursor<T>(
  rows: IndexedRows<T>,
  selectedIds: readonly number[] = [],
  onSelect: (ids: readonly number[], isAll?: boolean) => void = () => undefined,
): ListCursor {
  const [index, setIndex] = useState<number>();
  const anchor = useRef<number>(undefined);
  const selected = useMemo(() => new Set(selectedIds), [selectedIds]);
  const latest = useRef({ rows, selected, onSelect, index });
  latest.current = { rows, selected, onSelect, index };

  useEffect(() => {
    // The list has become shorter.
    if (index !== undefined && rows.total > 0 && index >= rows.total) setIndex(rows.total - 1);
  }, [index, rows.total]);

  const idsBetween = useCallback((from: number, to: number): number[] => {
    const { rows: current } = latest.current;
    const [low, high] = from < to ? [from, to] : [to, from];
    const ids: number[] = [];
    for (let i = low; i <= high; i++) {
      const row = current.at(i);
      if (row !== undefined) ids.push(current.idOf(row));
    }
    return ids;
  }, []);

  const add = useCallback((ids: number[], isAll = false) => {
    latest.current.onSelect([...new Set([...latest.current.selected, ...ids])], isAll);
  }, []);

  const actions = useMemo(
    (): ListActions => ({
      moveTo: (to: number) => {
        anchor.current = to;
        setIndex(to);
      },
      moveBy: (delta: number, extend = false) => {
        const { index: from = delta > 0 ? -1 : 0, rows: current } = latest.current;
        const to = Math.max(0, Math.min(current.total - 1, from + delta));
        if (current.total === 0) return;
        setIndex(to);
        if (extend) add(idsBetween(Math.max(0, from), to));
        else anchor.current = to;
      },
      toggle: (at: number) => {
        const { rows: current, selected: before, onSelect: change } = latest.current;
        const row = current.at(at);
        if (row === undefined) return;
        const id = current.idOf(row);
        anchor.current = at;
        setIndex(at);
        change(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]);
      },
      selectTo: (at: number) => {
        setIndex(at);
        add(idsBetween(anchor.current ?? latest.current.index ?? at, at));
      },
      selectAll: () => add(idsBetween(0, latest.current.rows.total - 1), true),
      clear: () => latest.current.onSelect([]),
    }),
    [add, idsBetween],
  );
  return useMemo(() => ({ index, selected, actions, ...actions }), [index, selected, actions]);
}
