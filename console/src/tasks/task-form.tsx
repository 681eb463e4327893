import { useState } from 'react';
import type { Task, TaskStatus } from '#client';
import { changesOf } from '../api/changes.ts';
import { errorsOf, invalidFields } from '../api/field-errors.ts';
import { TASKS } from '../api/records.ts';
import { session } from '../api/session.ts';
import { changedFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { DateEntry, dateProblem, readEntry } from '../ui/date-entry.tsx';
import { Field, TextArea, TextInput } from '../ui/field.tsx';
import { type FieldErrors, FormDialog } from '../ui/form-dialog.tsx';
import { Select } from '../ui/select.tsx';
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
}

const FIELDS = ['userId', 'taskTitle', 'taskDescription', 'taskStatus', 'dueDate', 'warningOffset'];

interface Draft {
  taskTitle: string;
  taskDescription: string;
  taskStatus: TaskStatus;
  userId: number | undefined;
  /** As it is typed. */
  dueDate: string;
  warningOffset: number;
}

/** The dialog that creates or edits a task. */
export function TaskForm({ task, initial = {}, onClose }: TaskFormProps) {
  const [draft, setDraft] = useState<Draft>(() => toDraft(task, initial));
  const { create, update } = changesOf(TASKS);
  const ownUser = session.get()?.caller.userId;
  const set = (changes: Partial<Draft>) => setDraft((before) => ({ ...before, ...changes }));

  const save = async (): Promise<FieldErrors | undefined> => {
    const reading = readEntry(draft.dueDate, task?.dueDate);
    const body = toBody(draft, reading.ok ? reading.text : undefined, task);
    const invalid = invalidFields(task === undefined ? 'NewTask' : 'TaskChanges', body);
    if (!reading.ok) return { ...invalid, dueDate: dateProblem(reading) ?? t('ui.date_empty') };
    if (task === undefined) {
      return invalid ?? errorsOf(() => create(body as never, { label: t('tasks.created') }));
    }
    if (Object.keys(body).length === 0) return undefined;
    return invalid ?? errorsOf(() => update(task, body, { label: t('tasks.saved') }));
  };

  return (
    <FormDialog
      title={t(task === undefined ? 'tasks.new' : 'tasks.edit')}
      action={t(task === undefined ? 'tasks.create' : 'ui.save')}
      values={draft}
      onClose={onClose}
      save={save}
      isHiddenWhileSaving={task !== undefined}
    >
      {(errors) => (
        <>
          <Field label={t('tasks.taskTitle')} name="taskTitle" required error={errors.taskTitle}>
            <TextInput value={draft.taskTitle} onValueChange={(taskTitle) => set({ taskTitle })} autoFocus />
          </Field>
          {ownUser === undefined && (
            <Field label={t('tasks.owner')} name="userId" required error={errors.userId}>
              <OwnerPicker userId={draft.userId} onChange={(userId) => set({ userId })} />
            </Field>
          )}
          <Field label={t('tasks.dueDate')} name="dueDate" required error={errors.dueDate}>
            <DateEntry text={draft.dueDate} onChange={(dueDate) => set({ dueDate })} current={task?.dueDate} />
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
        </>
      )}
    </FormDialog>
  );
}

function toDraft(task: Task | undefined, initial: NonNullable<TaskFormProps['initial']>): Draft {
  return {
    taskTitle: task?.taskTitle ?? '',
    taskDescription: task?.taskDescription ?? '',
    taskStatus: task?.taskStatus ?? initial.taskStatus ?? 'NOT_STARTED',
    userId: task?.userId ?? initial.userId ?? session.get()?.caller.userId,
    dueDate: task?.dueDate ?? initial.due ?? '',
    warningOffset: task?.warningOffset ?? 0,
  };
}

/** A new task, or the fields that differ. */
function toBody({ dueDate: _, ...draft }: Draft, dueDate: string | undefined, task: Task | undefined): object {
  const taskDescription = draft.taskDescription === '' ? null : draft.taskDescription;
  const values = { ...draft, taskDescription, ...(dueDate !== undefined && { dueDate }) };
  if (task !== undefined) return changedFields(FIELDS, { ...task }, values);
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
}
