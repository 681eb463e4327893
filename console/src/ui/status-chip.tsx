import type { TaskStatus } from '#client';
import { t } from '../i18n/t.ts';
import styles from './status-chip.module.css';

export const STATUSES: readonly TaskStatus[] = [
  'NOT_STARTED',
  'IN_PROGRESS',
  'BLOCKED',
  'DEFERRED',
  'COMPLETED',
  'CANCELLED',
];

/** A status has its own shape, so that it is not told by its colour alone. */
const SHAPES: Record<TaskStatus, string> = {
  NOT_STARTED: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z',
  IN_PROGRESS: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z M8 5v6a3 3 0 0 0 0-6z',
  BLOCKED: 'M5.500 2.500h5l3 3v5l-3 3h-5l-3-3v-5z M5.500 8h5',
  DEFERRED: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z M8 5v3l2 2',
  COMPLETED: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z M5.500 8.200l1.700 1.700 3.300-3.600',
  CANCELLED: 'M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z M6 6l4 4 M10 6l-4 4',
};

/** The sign of a status alone, beside a text that names it. */
export function StatusSign({ status }: { status: TaskStatus }) {
  return (
    <svg className={`${styles.sign} ${styles[status]}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={SHAPES[status]} />
    </svg>
  );
}

/** The status of a task: a shape, a word and a colour. */
export function StatusChip({ status }: { status: TaskStatus }) {
  return (
    <span className={styles.chip}>
      <StatusSign status={status} />
      {t(`ui.${status}`)}
    </span>
  );
}
