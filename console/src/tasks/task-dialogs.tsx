import type { Task } from '#client';
import type { DroppedFile } from '../transfer/drop-zone.tsx';
import { lazyDialog } from '../ui/lazy-part.tsx';
import { moveTo, setStatus } from './task-actions.ts';

const ImportDialog = lazyDialog(() => import('../transfer/import-dialog.tsx').then((module) => module.ImportDialog));
const DueDialog = lazyDialog(() => import('./due-dialog.tsx').then((module) => module.DueDialog));
const StatusDialog = lazyDialog(() => import('./status-dialog.tsx').then((module) => module.StatusDialog));
const TaskForm = lazyDialog(() => import('./task-form.tsx').then((module) => module.TaskForm));

/** The dialog that is open. */
export type OpenDialog =
  | { kind: 'create'; initial: { userId?: number | undefined } }
  | { kind: 'edit'; task: Task }
  | { kind: 'status' | 'due'; tasks: readonly Task[] }
  | { kind: 'import'; file: DroppedFile };

interface TaskDialogsProps {
  dialog: OpenDialog | undefined;
  onClose: () => void;
  onCreated?: (task: Task) => void;
}

/** The dialogs that change tasks. */
export function TaskDialogs({ dialog, onClose, onCreated }: TaskDialogsProps) {
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'create':
      return <TaskForm initial={dialog.initial} onClose={onClose} {...(onCreated && { onCreated })} />;
    case 'edit':
      return <TaskForm task={dialog.task} onClose={onClose} />;
    case 'import':
      return <ImportDialog resource="tasks" fileName={dialog.file.name} table={dialog.file.table} onClose={onClose} />;
    case 'status': {
      const statuses = new Set(dialog.tasks.map(({ taskStatus }) => taskStatus));
      const [only] = statuses;
      return (
        <StatusDialog
          status={statuses.size === 1 ? only : undefined}
          count={dialog.tasks.length}
          onSelect={(status) => void setStatus(dialog.tasks, status)}
          onClose={onClose}
        />
      );
    }
    case 'due': {
      const [first] = dialog.tasks;
      return (
        <DueDialog
          count={dialog.tasks.length}
          current={dialog.tasks.length === 1 ? first?.dueDate : undefined}
          onSelect={(dueDate) => void moveTo(dialog.tasks, () => dueDate)}
          onClose={onClose}
        />
      );
    }
  }
}
