import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Task } from '#client';
import { type CachedRecord, recordKey } from '../api/cache.ts';
import { useOwner } from '../api/owners.ts';
import { nameOf, TASKS } from '../api/records.ts';
import { t } from '../i18n/t.ts';
import { History } from '../record/history.tsx';
import { RequestCode } from '../record/request-code.tsx';
import { ActionButton, Button, IconButton } from '../ui/button.tsx';
import { DateTime, useMinute } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { StatusChip } from '../ui/status-chip.tsx';
import { isOverdue } from './due-date.ts';
import { reminderLabel } from './reminders.ts';
import styles from './task-panel.module.css';

interface TaskPanelProps {
  taskId: number;
  canWrite: boolean;
  onEdit: (task: Task) => void;
  onStatus: (task: Task) => void;
  onDue: (task: Task) => void;
  onDelete: (task: Task) => void;
}

/** Reads a task with its version. */
export function useTask(taskId: number) {
  return useQuery({
    queryKey: recordKey(TASKS, taskId),
    queryFn: async (): Promise<CachedRecord<Task>> => {
      const { data, etag } = await TASKS.get(taskId).withResponse();
      return { record: data, etag };
    },
  });
}

/** One task: its fields, and what can be done with it. */
export function TaskPanel({ taskId, canWrite, onEdit, onStatus, onDue, onDelete }: TaskPanelProps) {
  const { data, error, refetch } = useTask(taskId);
  const task = data?.record;
  return (
    <section className={styles.panel} aria-labelledby="task-title">
      <Link to={`/tasks/${taskId}` as string} className={styles.number}>
        {t('tasks.number', { id: String(taskId) })}
      </Link>
      {error !== null && 'status' in error && error.status === 404 ? (
        <EmptyState title={t('tasks.gone')} />
      ) : error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        task && (
          <>
            <h1 id="task-title" className={styles.title}>
              {task.taskTitle}
            </h1>
            {canWrite && (
              <div className={styles.actions}>
                <ActionButton icon="edit" name={t('tasks.edit')} onClick={() => onEdit(task)} aria-keyshortcuts="e" />
                <Button onClick={() => onStatus(task)} aria-keyshortcuts="s">
                  {t('tasks.setStatusShort')}
                </Button>
                <ActionButton
                  icon="calendar"
                  name={t('tasks.moveDue')}
                  onClick={() => onDue(task)}
                  aria-keyshortcuts="d"
                />
                <IconButton icon="trash" name={t('tasks.delete')} onClick={() => onDelete(task)} />
              </div>
            )}
            <TaskFields task={task} />
            <History kind="task" id={taskId} />
            <RequestCode path={`/tasks/${taskId}`} />
          </>
        )
      )}
    </section>
  );
}

function TaskFields({ task }: { task: Task }) {
  const owner = useOwner(task.userId);
  const overdue = isOverdue(task, useMinute());
  return (
    <dl className={styles.fields}>
      <dt>{t('tasks.taskStatus')}</dt>
      <dd>
        <StatusChip status={task.taskStatus} />
      </dd>
      <dt>{t('tasks.dueDate')}</dt>
      <dd className={overdue ? styles.overdue : ''}>
        <DateTime value={task.dueDate} form="log" /> · <DateTime value={task.dueDate} form="relative" />
        {overdue && ` · ${t('tasks.overdue')}`}
      </dd>
      <dt>{t('tasks.warningOffset')}</dt>
      <dd>{reminderLabel(task.warningOffset)}</dd>
      <dt>{t('tasks.owner')}</dt>
      <dd>
        <Link to={`/users/${task.userId}` as string}>
          {owner === undefined ? t('tasks.user', { id: String(task.userId) }) : nameOf(owner)}
        </Link>
      </dd>
      <dt>{t('tasks.taskDescription')}</dt>
      <dd className={styles.description}>{task.taskDescription ?? '–'}</dd>
    </dl>
  );
}
