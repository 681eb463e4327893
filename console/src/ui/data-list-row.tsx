// biome-ignore-all lint/a11y/useSemanticElements: a table cannot have only some of its rows
// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus, and names the active row

import { type MouseEvent, memo } from 'react';
import { t } from '../i18n/t.ts';
import styles from './data-list.module.css';
import type { Column } from './data-list.tsx';
import type { ListActions } from './use-list-cursor.ts';

/** Values that are the same as long as the row looks the same. */
interface RowProps<T> {
  /** Undefined if it is not loaded. */
  row: T | undefined;
  index: number;
  id: string;
  tracks: string;
  columns: readonly Column<T>[];
  actions: ListActions;
  onOpen: (row: T) => void;
  /** When others last changed it, in milliseconds since the epoch. */
  changedAt: number;
  isSelectable: boolean;
  isSelected: boolean;
  isCursor: boolean;
  isOpen: boolean;
}

/** How long after a change a row still fades. */
const FADE_MS = 2_000;

/** A row of a list. It is rendered again only if one of its values changes, not for each step of the cursor or the scroll. */
export const Row = memo(ListRow) as typeof ListRow;

function ListRow<T>(props: RowProps<T>) {
  const { row, index, id, tracks, columns, actions, onOpen, changedAt, isSelectable, isSelected, isCursor, isOpen } =
    props;
  const style = { gridTemplateColumns: tracks };
  if (row === undefined) {
    return (
      <div role="row" aria-rowindex={index + 2} id={id} className={styles.row} style={style}>
        <div role="gridcell" className={styles.loading}>
          <span className="visually-hidden">{t('ui.loading')}</span>
        </div>
      </div>
    );
  }
  const click = (event: MouseEvent) => {
    // Links and buttons in the row do what they say.
    if ((event.target as Element).closest('a, button, input, label') !== null) return;
    if (event.shiftKey) actions.selectTo(index);
    else if (event.ctrlKey || event.metaKey) actions.toggle(index);
    else {
      actions.moveTo(index);
      onOpen(row);
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of a list are in useListCursor
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelectable ? isSelected : undefined}
      id={id}
      className={styles.row}
      style={style}
      data-selected={isSelected}
      data-open={isOpen}
      data-cursor={isCursor}
      onClick={click}
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
    >
      {Date.now() - changedAt < FADE_MS && <span key={changedAt} className={styles.fade} />}
      {isSelectable && (
        <div role="gridcell" className={styles.check}>
          <input
            type="checkbox"
            aria-label={t('ui.selectRow', { row: index + 1 })}
            checked={isSelected}
            onChange={() => undefined}
            onClick={(event) => (event.shiftKey ? actions.selectTo(index) : actions.toggle(index))}
            tabIndex={-1}
          />
        </div>
      )}
      {columns.map(({ id: column, render, align, onPhone }) => (
        <div
          key={column}
          role="gridcell"
          className={`${styles.cell} ${align === 'end' ? styles.end : ''}`}
          data-phone={onPhone ?? 'detail'}
        >
          {render(row)}
        </div>
      ))}
    </div>
  );
}
