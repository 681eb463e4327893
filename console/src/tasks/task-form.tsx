import { type FormEvent, useState } from 'react';
import type { Task, TaskStatus } from '#client';
import { fieldErrors } from '../api/field-errors.ts';
import { TASKS } from '../api/records.ts';
import { session } from '../api/session.ts';
import { useChange } from '../api/use-change.ts';
import { validate } from '../api/validate.ts';
import { changedFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { DateEntry, dateProblem, readEntry } from '../ui/date-entry.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, TextArea, TextInput } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { showToast } from '../ui/toast.tsx';
import { OwnerPicker } from './owner-picker.tsx';
import { REMINDERS, reminderLabel } from './reminders.ts';
import { TASK_STATUSES } from './search.ts';
import styles from './task-form.module.css';

interface TaskFormProps {
  /** The task to edit; undefined to create one. */
  task?: Task | undefined;
  /** What a new task starts with. */
  initial?: { userId?: number | undefined; taskStatus?: TaskStatus; due?: string | undefined };
  onClose: () => void;
  onCreated?: (task: Task) => void;
}

const FIELDS = ['userId', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset'];

interface Draft {
  taskTitle: string;
  taskDescription: string;
  taskStatus: TaskStatus;
  userId: number | undefined;
  due: string;
  warningOffset: number;
}

/** The dialog that creates or edits a task. */
export function TaskForm({ task, initial = {}, onClose, onCreated }: TaskFormProps) {
  const [draft, setDraft] = useState<Draft>(() => toDraft(task, initial));
  const [errors, setErrors] = useState<Record<string, string | undefined>>({});
  const [isBusy, setIsBusy] = useState(false);
  const { create, update } = useChange(TASKS);
  const ownUser = session.get()?.caller.userId;
  const set = (changes: Partial<Draft>) => setDraft((before) => ({ ...before, ...changes }));

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isBusy) return;
    const reading = readEntry(draft.due, task?.dueDate);
    const body = toBody(draft, reading.ok ? reading.text : undefined, task);
    const found = validate(task === undefined ? 'NewTask' : 'TaskChanges', { ...body });
    const problems = Object.fromEntries(found.map(({ field, message }) => [field, message]));
    if (!reading.ok) problems.dueDate = dateProblem(reading) ?? t('ui.date_empty');
    if (task !== undefined && Object.keys(body).length === 0) return onClose();
    setErrors(problems);
    if (Object.keys(problems).length > 0) return;
    setIsBusy(true);
    try {
      if (task === undefined) {
        const created = await create(body as never, { label: t('tasks.created') });
        onClose();
        onCreated?.(created);
      } else {
        await update(task, body, { label: t('tasks.saved') });
        onClose();
      }
    } catch (error) {
      const problems = fieldErrors(error);
      if (problems.form !== undefined) showToast({ title: problems.form, isError: true });
      setErrors(problems);
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <Dialog
      // A change is shown at once. If the service rejects it, the form is there again with what was typed.
      open={task === undefined || !isBusy}
      onClose={onClose}
      title={task === undefined ? t('tasks.new') : t('tasks.edit')}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button look="primary" type="submit" form="task-form" disabled={isBusy}>
            {task === undefined ? t('tasks.create') : t('ui.save')}
          </Button>
        </>
      }
    >
      <form
        id="task-form"
        className={styles.form}
        onSubmit={submit}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
        }}
        noValidate
      >
        <Field label={t('tasks.taskTitle')} name="taskTitle" required error={errors.taskTitle}>
          <TextInput value={draft.taskTitle} onValueChange={(taskTitle) => set({ taskTitle })} autoFocus />
        </Field>
        {ownUser === undefined && (
          <Field label={t('tasks.owner')} name="userId" required error={errors.userId}>
            <OwnerPicker userId={draft.userId} onChange={(userId) => set({ userId })} />
          </Field>
        )}
        <Field label={t('tasks.dueDate')} name="dueDate" required error={errors.dueDate}>
          <DateEntry text={draft.due} onChange={(due) => set({ due })} current={task?.dueDate} />
        </Field>
        <div className={styles.pair}>
          <Field label={t('tasks.taskStatus')} name="taskStatus" error={errors.taskStatus}>
            <Select
              options={TASK_STATUSES.map((value) => ({ value, label: t(`ui.${value}`) }))}
              value={draft.taskStatus}
              onChange={(taskStatus) => set({ taskStatus })}
              name={t('tasks.taskStatus')}
            />
          </Field>
          <Field label={t('tasks.warningOffset')} name="warningOffset" error={errors.warningOffset}>
            <Select
              options={[...new Set([...REMINDERS, draft.warningOffset])]
                .toSorted((a, b) => a - b)
                .map((minutes) => ({ value: String(minutes), label: reminderLabel(minutes) }))}
              value={String(draft.warningOffset)}
              onChange={(minutes) => set({ warningOffset: Number(minutes) })}
              name={t('tasks.warningOffset')}
            />
          </Field>
        </div>
        <Field label={t('tasks.taskDescription')} name="taskDescription" error={errors.taskDescription}>
          <TextArea
            value={draft.taskDescription}
            onChange={(event) => set({ taskDescription: event.currentTarget.value })}
          />
        </Field>
        {errors.form !== undefined && (
          <p role="alert" className={styles.error}>
            {errors.form}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function toDraft(task: Task | undefined, initial: NonNullable<TaskFormProps['initial']>): Draft {
  return {
    taskTitle: task?.taskTitle ?? '',
    taskDescription: task?.taskDescription ?? '',
    taskStatus: task?.taskStatus ?? initial.taskStatus ?? 'NOT_STARTED',
    userId: task?.userId ?? initial.userId ?? session.get()?.caller.userId,
    due: task?.dueDate ?? initial.due ?? '',
    warningOffset: task?.warningOffset ?? 0,
  };
}

/** A new task, or the fields that differ. */
function toBody({ due: _, ...draft }: Draft, dueDate: string | undefined, task: Task | undefined): object {
  const taskDescription = draft.taskDescription === '' ? null : draft.taskDescription;
  const values = { ...draft, taskDescription, ...(dueDate !== undefined && { dueDate }) };
  if (task !== undefined) return changedFields(FIELDS, { ...task }, values);
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}
