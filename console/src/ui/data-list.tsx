// biome-ignore-all lint/a11y/useSemanticElements: a table cannot have only some of its rows
// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus, and names the active row

import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useId, useRef } from 'react';
import { t } from '../i18n/t.ts';
import styles from './data-list.module.css';
import { Row } from './data-list-row.tsx';
import { ErrorState } from './error-state.tsx';
import { Icon } from './icon.tsx';
import type { Rows } from './rows.ts';
import { SkeletonRows } from './skeleton.tsx';
import type { ListCursor } from './use-list-cursor.ts';
import { PHONE, useMedia } from './use-media.ts';

export interface Column<T> {
  id: string;
  header: string;
  /** A CSS grid track, such as `120px` or `minmax(200px, 1fr)`. */
  width: string;
  render: (row: T) => ReactNode;
  /** The field of the API that a click on the header sorts by. */
  sortField?: string;
  align?: 'end';
  /** On phones a row has two lines: the first column and `main` are in the first, the others in the second, or hidden. */
  onPhone?: 'main' | 'hidden';
}

export interface DataListProps<T> {
  /** What the list has, for screen readers. */
  label: string;
  rows: Rows<T>;
  /** The same array in each render, so that rows are not rendered again: from `useMemo`. */
  columns: readonly Column<T>[];
  /** Cursor and selection, from `useListCursor`. */
  cursor: ListCursor;
  /** Opens a row: a click, or Enter. */
  onOpen: (row: T) => void;
  /** The ID of the row that is open beside the list. */
  openId?: number | undefined;
  /** The order, as in the API: `dueDate` or `-dueDate`. */
  sort?: string;
  onSort?: (sort: string) => void;
  /** Whether rows can be selected. */
  isSelectable?: boolean;
  /** What is shown if there is no row. */
  empty: ReactNode;
}

const ROW_PX = 36;
const PHONE_ROW_PX = 60;

/** A list of any length: only the rows in view exist. Keys and selection come from `useListCursor`. */
export function DataList<T>(props: DataListProps<T>) {
  const { label, rows, columns, cursor, onOpen, openId, isSelectable = false, empty } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const isPhone = useMedia(PHONE);
  const virtualizer = useVirtualizer({
    count: rows.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isPhone ? PHONE_ROW_PX : ROW_PX),
    overscan: 12,
  });
  const latestOpen = useRef(onOpen);
  latestOpen.current = onOpen;
  const open = useCallback((row: T) => latestOpen.current(row), []);
  const items = virtualizer.getVirtualItems();
  const first = virtualizer.range?.startIndex ?? 0;
  const last = virtualizer.range?.endIndex ?? 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the sizes depend on the width
  useEffect(() => virtualizer.measure(), [isPhone]);
  useEffect(() => rows.show(first, last), [rows.show, first, last]);
  useEffect(() => {
    if (cursor.index !== undefined && cursor.index < rows.total) virtualizer.scrollToIndex(cursor.index);
  }, [cursor.index, rows.total, virtualizer.scrollToIndex]);

  if (rows.error !== undefined && rows.total === 0) return <ErrorState error={rows.error} onRetry={rows.refresh} />;
  if (!rows.isLoading && !rows.isStale && rows.total === 0) return empty;

  const tracks = `${isSelectable ? '36px ' : ''}${columns.map(({ width }) => width).join(' ')}`;
  const activeId = cursor.index === undefined ? undefined : `${id}-${cursor.index}`;
  return (
    <div className={styles.list} aria-busy={rows.isStale}>
      {rows.newCount > 0 && (
        <button
          type="button"
          className={styles.news}
          onClick={() => {
            virtualizer.scrollToIndex(0);
            rows.refresh();
          }}
        >
          {t('ui.newRows', { count: rows.newCount })}
        </button>
      )}
      <div className={styles.announcer} role="status">
        {rows.newCount > 0 && t('ui.newRows', { count: rows.newCount })}
      </div>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.total + 1}
        aria-multiselectable={isSelectable}
        aria-activedescendant={items.some(({ index }) => index === cursor.index) ? activeId : undefined}
        tabIndex={0}
      >
        <HeaderRow {...props} tracks={tracks} />
        {rows.isLoading ? (
          <div aria-hidden="true">
            <SkeletonRows count={20} />
          </div>
        ) : (
          <div role="rowgroup" className={styles.body} style={{ height: virtualizer.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const row = rows.at(index);
              const rowId = row === undefined ? undefined : rows.idOf(row);
              return (
                <div
                  key={rowId ?? `index-${index}`}
                  className={styles.position}
                  style={{ transform: `translateY(${start}px)` }}
                  role="presentation"
                >
                  <Row
                    row={row}
                    index={index}
                    id={`${id}-${index}`}
                    tracks={tracks}
                    columns={columns}
                    actions={cursor.actions}
                    onOpen={open}
                    changedAt={rowId === undefined ? 0 : rows.changedAt(rowId)}
                    isSelectable={isSelectable}
                    isSelected={rowId !== undefined && cursor.selected.has(rowId)}
                    isCursor={index === cursor.index}
                    isOpen={rowId !== undefined && rowId === openId}
                  />
                </div>
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

function HeaderRow<T>(props: DataListProps<T> & { tracks: string }) {
  const { rows, columns, tracks, isSelectable, sort, onSort, cursor } = props;
  return (
    <div role="rowgroup" className={styles.header}>
      <div role="row" aria-rowindex={1} className={styles.row} style={{ gridTemplateColumns: tracks }}>
        {isSelectable && (
          <div role="columnheader" className={styles.check}>
            <input
              type="checkbox"
              aria-label={t('ui.selectLoaded')}
              checked={cursor.selected.size > 0}
              ref={(box) => {
                if (box !== null) box.indeterminate = cursor.selected.size > 0 && cursor.selected.size < rows.total;
              }}
              onChange={() => (cursor.selected.size > 0 ? cursor.clear() : cursor.selectAll())}
              tabIndex={-1}
            />
          </div>
        )}
        {columns.map(({ id, header, sortField, align }) => {
          const direction =
            sortField === undefined || (sort !== sortField && sort !== `-${sortField}`)
              ? undefined
              : sort === sortField
                ? 'ascending'
                : 'descending';
          return (
            <div
              key={id}
              role="columnheader"
              className={`${styles.cell} ${align === 'end' ? styles.end : ''}`}
              aria-sort={direction}
            >
              {sortField === undefined || onSort === undefined ? (
                header
              ) : (
                <button
                  type="button"
                  className={styles.sort}
                  onClick={() => onSort(direction === 'ascending' ? `-${sortField}` : sortField)}
                >
                  {header}
                  {direction !== undefined && (
                    <span className={direction === 'ascending' ? styles.up : undefined}>
                      <Icon name="chevronDown" size={14} />
                    </span>
                  )}
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
