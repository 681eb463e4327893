import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Task } from '#client';
import { cachedRecord } from '../api/cache.ts';
import { TASKS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { useKeys } from '../app/keys.ts';
import { t } from '../i18n/t.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import styles from './page.module.css';
import { deleteWithUndo } from './task-actions.ts';
import { type OpenDialog, TaskDialogs } from './task-dialogs.tsx';
import { TaskPanel } from './task-panel.tsx';

/** The page of one task. */
export function TaskPage() {
  const { taskId: text = '' } = useParams({ strict: false }) as { taskId?: string };
  const taskId = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
  const [dialog, setDialog] = useState<OpenDialog>();
  const navigate = useNavigate();
  const canWrite = hasScopes(['tasks:write']);
  const act = (run: (task: Task) => void) => () => {
    const task = taskId === undefined ? undefined : cachedRecord(TASKS, taskId)?.record;
    return task === undefined || !canWrite ? false : run(task);
  };
  const remove = (task: Task) => {
    deleteWithUndo([task]);
    void navigate({ to: '/tasks' });
  };
  useKeys([
    { keys: 'e', name: 'tasks.keyEdit', run: act((task) => setDialog({ kind: 'edit', task })) },
    { keys: 's', name: 'tasks.keyStatus', run: act((task) => setDialog({ kind: 'status', tasks: [task] })) },
    { keys: 'd', name: 'tasks.keyDue', run: act((task) => setDialog({ kind: 'due', tasks: [task] })) },
    { keys: 'Delete', name: 'tasks.keyDelete', run: act(remove) },
  ]);
  if (taskId === undefined) return <EmptyState title={t('tasks.gone')} />;
  return (
    <div className={styles.single}>
      <TaskPanel
        taskId={taskId}
        canWrite={canWrite}
        onEdit={(task) => setDialog({ kind: 'edit', task })}
        onStatus={(task) => setDialog({ kind: 'status', tasks: [task] })}
        onDue={(task) => setDialog({ kind: 'due', tasks: [task] })}
        onDelete={remove}
      />
      <TaskDialogs dialog={dialog} onClose={() => setDialog(undefined)} />
    </div>
  );
}
