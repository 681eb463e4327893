import { type DragEvent, type ReactNode, useEffect, useLayoutEffect, useState } from 'react';
import type { Task, TaskStatus } from '#client';
import { useStore } from '../api/store.ts';
import { useKeys } from '../app/keys.ts';
import { formatNumber, t } from '../i18n/t.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { StatusSign } from '../ui/status-chip.tsx';
import styles from './board.module.css';
import { BoardCard } from './board-card.tsx';
import { draggedTasks, endDrag } from './drag.ts';
import type { TaskFilters } from './list-query.ts';
import { tasksToDelete } from './tasks-to-delete.ts';
import { type BoardColumn, useBoard } from './use-board.ts';

interface BoardProps {
  filters: TaskFilters;
  sort: string;
  selected: readonly number[];
  onSelect: (ids: readonly number[]) => void;
  /** Receives the task that keys act on. */
  onCurrent: (task: Task | undefined) => void;
  onOpen: (task: Task) => void;
  /** Closes the open task. Returns false if there is none. */
  onClose: () => boolean;
  /** Changes the status of tasks that were dropped on a column, or moved with keys. */
  onMove: (tasks: readonly Task[], status: TaskStatus) => void;
  onTotal: (total: number | undefined) => void;
  openId: number | undefined;
  empty: ReactNode;
}

/** Tasks in columns by status. A card is moved by dragging it, or with Shift and an arrow. */
export function Board(props: BoardProps) {
  const { filters, sort, selected, onSelect, onCurrent, onOpen, onClose, onMove, onTotal, empty } = props;
  const { columns, error, refetch } = useBoard(filters, sort);
  const [currentId, setCurrentId] = useState<number>();
  const deleted = useStore(tasksToDelete);
  const counted = columns.every(({ total }) => total !== undefined);
  const total = counted ? columns.reduce((sum, column) => sum + (column.total ?? 0), 0) : undefined;
  useEffect(() => onTotal(total), [total, onTotal]);

  const at = findCard(columns, currentId);
  const found = at === undefined ? undefined : columns[at.column]?.tasks[at.row];
  useLayoutEffect(() => onCurrent(found), [found, onCurrent]);

  const focus = (column: number, row: number) => {
    const { tasks } = columns[column] ?? { tasks: [] };
    const task = tasks[Math.max(0, Math.min(tasks.length - 1, row))];
    if (task === undefined) return;
    setCurrentId(task.taskId);
    document.querySelector(`[data-card="${task.taskId}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const move = (rows: number) => (at === undefined ? focusFirst() : focus(at.column, at.row + rows));
  const focusFirst = () =>
    focus(
      Math.max(
        0,
        columns.findIndex(({ tasks }) => tasks.length > 0),
      ),
      0,
    );
  const across = (step: number) => {
    if (at === undefined) return focusFirst();
    for (let column = at.column + step; column >= 0 && column < columns.length; column += step) {
      if ((columns[column]?.tasks.length ?? 0) > 0) return focus(column, at.row);
    }
    return undefined;
  };
  const moveCard = (step: number) => {
    const target = at === undefined ? undefined : columns[at.column + step];
    if (target !== undefined && found !== undefined) onMove([found], target.status);
  };
  const toggle = ({ taskId }: Task) =>
    onSelect(selected.includes(taskId) ? selected.filter((id) => id !== taskId) : [...selected, taskId]);
  const close = () => {
    if (onClose()) return true;
    if (selected.length === 0) return false;
    onSelect([]);
    return true;
  };
  useKeys([
    { keys: 'Escape', name: 'app.keyClose', run: close },
    { keys: 'j', name: 'app.keyDown', run: () => move(1) },
    { keys: 'k', run: () => move(-1) },
    { keys: 'ArrowDown', run: () => move(1) },
    { keys: 'ArrowUp', run: () => move(-1) },
    { keys: 'ArrowRight', run: () => across(1) },
    { keys: 'ArrowLeft', run: () => across(-1) },
    { keys: 'Shift+ArrowRight', name: 'tasks.keyMoveCard', run: () => moveCard(1) },
    { keys: 'Shift+ArrowLeft', run: () => moveCard(-1) },
    { keys: 'x', name: 'app.keySelect', run: () => (found === undefined ? false : toggle(found)) },
    { keys: 'Enter', name: 'app.keyOpen', run: () => (found === undefined ? false : onOpen(found)) },
  ]);

  if (error !== null && !counted) return <ErrorState error={error} onRetry={refetch} />;
  if (total === 0) return empty;
  return (
    <div className={styles.board}>
      {columns.map((column) => (
        <Column key={column.status} column={column} onDropTasks={(tasks) => onMove(tasks, column.status)}>
          {column.tasks.map((task) => (
            <BoardCard
              key={task.taskId}
              task={task}
              isCurrent={task.taskId === currentId}
              isOpen={task.taskId === props.openId}
              isSelected={selected.includes(task.taskId)}
              isDeleted={deleted.has(task.taskId)}
              selected={selected}
              onOpen={() => {
                setCurrentId(task.taskId);
                onOpen(task);
              }}
              onToggle={() => {
                setCurrentId(task.taskId);
                toggle(task);
              }}
            />
          ))}
        </Column>
      ))}
    </div>
  );
}

interface ColumnProps {
  column: BoardColumn;
  onDropTasks: (tasks: readonly Task[]) => void;
  children: ReactNode;
}

function Column({ column: { status, total, hasMore, loadMore }, onDropTasks, children }: ColumnProps) {
  const [isTarget, setIsTarget] = useState(false);
  const allow = (event: DragEvent) => {
    if (draggedTasks().length === 0) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
    setIsTarget(true);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsTarget(false);
    const tasks = draggedTasks().filter((task) => task.taskStatus !== status);
    endDrag();
    if (tasks.length > 0) onDropTasks(tasks);
  };
  const id = `column-${status}`;
  return (
    <section
      className={`${styles.column} ${isTarget ? styles.target : ''}`}
      aria-labelledby={id}
      onDragEnter={allow}
      onDragOver={allow}
      onDragLeave={() => setIsTarget(false)}
      onDrop={drop}
      data-status={status}
    >
      <h2 id={id} className={styles.heading}>
        <StatusSign status={status} />
        {t(`ui.${status}`)}
        <span className={styles.count}>{total === undefined ? '' : formatNumber(total)}</span>
      </h2>
      <ul className={styles.cards}>
        {children}
        {hasMore && <LoadMore onShown={loadMore} />}
      </ul>
    </section>
  );
}

/** Reads more when it comes into view. */
function LoadMore({ onShown }: { onShown: () => void }) {
  const [element, setElement] = useState<HTMLLIElement | null>(null);
  useEffect(() => {
    if (element === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && onShown(),
    );
    observer.observe(element);
    return () => observer.disconnect();
  });
  return (
    <li ref={setElement} className={styles.more}>
      {t('ui.loading')}
    </li>
  );
}

function findCard(
  columns: readonly BoardColumn[],
  id: number | undefined,
): { column: number; row: number } | undefined {
  for (const [column, { tasks }] of columns.entries()) {
    const row = tasks.findIndex(({ taskId }) => taskId === id);
    if (row !== -1) return { column, row };
  }
  return undefined;
}
