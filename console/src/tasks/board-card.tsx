import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Task } from '#client';
import styles from './board.module.css';
import { endDrag, startDrag } from './drag.ts';
import { findTasks } from './find-tasks.ts';
import { Due, Owner } from './task-table.tsx';

interface BoardCardProps {
  task: Task;
  isCurrent: boolean;
  isOpen: boolean;
  isSelected: boolean;
  isDeleted: boolean;
  /** The IDs of the selected tasks, which are dragged with it if it is one of them. */
  selected: readonly number[];
  onOpen: () => void;
  onToggle: () => void;
}

/** A task on the board. */
export const BoardCard = memo(
  function BoardCard({ task, isCurrent, isOpen, isSelected, isDeleted, selected, onOpen, onToggle }: BoardCardProps) {
    const classes = [
      styles.card,
      isCurrent && styles.current,
      (isSelected || isOpen) && styles.selected,
      isDeleted && styles.deleted,
    ];
    return (
      // The title is a link; a click on the rest of the card is the same, for the pointer.
      // biome-ignore lint/a11y/useKeyWithClickEvents: see above
      <li
        className={classes.filter(Boolean).join(' ')}
        draggable
        data-card={task.taskId}
        aria-current={isCurrent || undefined}
        onDragStart={(event) => startDrag(isSelected ? findTasks(selected) : [task], event.dataTransfer)}
        onDragEnd={endDrag}
        onClick={(event) => {
          if (event.shiftKey || event.ctrlKey || event.metaKey) onToggle();
          else onOpen();
        }}
      >
        <Link
          to={`/tasks/${task.taskId}` as string}
          className={styles.title}
          draggable={false}
          onClick={(event) => event.preventDefault()}
        >
          {task.taskTitle}
        </Link>
        <span className={styles.facts}>
          <span className={styles.owner}>
            <Owner userId={task.userId} />
          </span>
          <span className={styles.due}>
            <Due task={task} />
          </span>
        </span>
      </li>
    );
  },
  // The functions are new each time, but do the same for the same task.
  (before, after) =>
    before.task === after.task &&
    before.isCurrent === after.isCurrent &&
    before.isOpen === after.isOpen &&
    before.isDeleted === after.isDeleted &&
    before.isSelected === after.isSelected &&
    (before.selected === after.selected || !after.isSelected),
);
