// biome-ignore-all lint/a11y/useSemanticElements: a table cannot have only some of its rows
// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus, and names the active row

import type { MouseEvent } from 'react';
import { t } from '../i18n/t.ts';
import styles from './data-list.module.css';
import type { DataListProps } from './data-list.tsx';

export interface RowProps<T> extends DataListProps<T> {
  row: T | undefined;
  index: number;
  id: string;
  tracks: string;
  isOpen: boolean;
}

/** How long after a change a row still fades. */
const FADE_MS = 2_000;

export function Row<T>({ row, index, id, tracks, rows, columns, cursor, onOpen, isSelectable, isOpen }: RowProps<T>) {
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
  const rowId = rows.idOf(row);
  const isSelected = cursor.selected.has(rowId);
  const changedAt = rows.changedAt(rowId);
  const click = (event: MouseEvent) => {
    // Links and buttons in the row do what they say.
    if ((event.target as Element).closest('a, button, input, label') !== null) return;
    if (event.shiftKey) cursor.selectTo(index);
    else if (event.ctrlKey || event.metaKey) cursor.toggle(index);
    else {
      cursor.moveTo(index);
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
      data-cursor={cursor.index === index}
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
            onClick={(event) => (event.shiftKey ? cursor.selectTo(index) : cursor.toggle(index))}
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
