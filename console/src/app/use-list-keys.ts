import type { IndexedRows } from '../ui/rows.ts';
import type { ListCursor } from '../ui/use-list-cursor.ts';
import { type KeyAction, useKeys } from './keys.ts';

interface ListKeys<T> {
  rows: IndexedRows<T>;
  cursor: ListCursor;
  /** Enter, or `e`: opens the row. */
  onOpen: (row: T) => void;
  /** Esc: closes the open record. Return false if none is open. */
  onClose?: () => unknown;
  /** Keys of the page, such as `c` for "create". Those with a row get the row at the cursor. */
  more?: readonly (Omit<KeyAction, 'run'> & { run: (row: T | undefined) => unknown })[];
  isSelectable?: boolean;
}

/** The keys of a list: j, k and arrows move, Shift extends the selection, x selects, Enter opens, Esc closes. */
export function useListKeys<T>({ rows, cursor, onOpen, onClose, more = [], isSelectable = true }: ListKeys<T>): void {
  const current = () => (cursor.index === undefined ? undefined : rows.at(cursor.index));
  const open = () => {
    const row = current();
    return row === undefined ? false : onOpen(row);
  };
  const move = (delta: number) => () => cursor.moveBy(delta);
  const extend = (delta: number) => () => cursor.moveBy(delta, true);
  const selection: KeyAction[] = [
    {
      keys: 'x',
      name: 'app.keySelect',
      isMove: true,
      run: () => cursor.index !== undefined && cursor.toggle(cursor.index),
    },
    { keys: 'Shift+j', name: 'app.keyExtendDown', isMove: true, run: extend(1) },
    { keys: 'Shift+k', name: 'app.keyExtendUp', isMove: true, run: extend(-1) },
    { keys: 'Shift+ArrowDown', run: extend(1) },
    { keys: 'Shift+ArrowUp', run: extend(-1) },
    { keys: 'Mod+a', name: 'app.keySelectAll', isMove: true, run: () => cursor.selectAll() },
  ];
  useKeys([
    { keys: 'j', name: 'app.keyDown', isMove: true, run: move(1) },
    { keys: 'k', name: 'app.keyUp', isMove: true, run: move(-1) },
    { keys: 'ArrowDown', run: move(1) },
    { keys: 'ArrowUp', run: move(-1) },
    { keys: 'PageDown', run: move(20) },
    { keys: 'PageUp', run: move(-20) },
    { keys: 'Home', run: () => cursor.moveBy(-rows.total) },
    { keys: 'End', run: () => cursor.moveBy(rows.total) },
    { keys: 'Enter', name: 'app.keyOpen', isMove: true, run: open },
    {
      keys: 'Escape',
      name: 'app.keyClose',
      isMove: true,
      run: () => {
        if (onClose !== undefined && onClose() !== false) return true;
        if (cursor.selected.size === 0) return false;
        cursor.clear();
        return true;
      },
    },
    ...(isSelectable ? selection : []),
    ...more.map(({ run, ...key }) => ({ ...key, run: () => run(current()) })),
  ]);
}
