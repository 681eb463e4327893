import { useState } from 'react';
import { t } from '../i18n/t.ts';
import { DateEntry, dateProblem, readEntry } from '../ui/date-entry.tsx';
import { Field } from '../ui/field.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';

interface DueDialogProps {
  count: number;
  /** The due date of the only task, whose time of day is kept. */
  current: string | undefined;
  onSelect: (dueDate: string) => void;
  onClose: () => void;
}

/** Asks for a due date, and shows how it is understood. */
export function DueDialog({ count, current, onSelect, onClose }: DueDialogProps) {
  const [text, setText] = useState('');
  const save = () => {
    const reading = readEntry(text, current);
    if (!reading.ok) return { dueDate: dateProblem(reading) ?? t('ui.date_empty') };
    onSelect(reading.text);
    return undefined;
  };
  return (
    <FormDialog
      title={t('tasks.setDue', { count })}
      action={t('ui.save')}
      values={{ dueDate: text }}
      onClose={onClose}
      save={save}
    >
      {(errors) => (
        <Field label={t('tasks.dueDate')} name="dueDate" error={errors.dueDate}>
          <DateEntry text={text} onChange={(next) => setText(next)} current={current} autoFocus />
        </Field>
      )}
    </FormDialog>
  );
}
