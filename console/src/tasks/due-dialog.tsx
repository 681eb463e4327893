import { type FormEvent, useState } from 'react';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { DateEntry, dateProblem, readEntry } from '../ui/date-entry.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';

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
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const reading = readEntry(text, current);
    if (!reading.ok) return setError(dateProblem(reading) ?? t('ui.date_empty'));
    onClose();
    onSelect(reading.text);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('tasks.setDue', { count })}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button look="primary" type="submit" form="due-form">
            {t('ui.save')}
          </Button>
        </>
      }
    >
      <form id="due-form" onSubmit={submit} noValidate>
        <Field label={t('tasks.dueDate')} name="dueDate" error={error}>
          <DateEntry text={text} onChange={(next) => setText(next)} current={current} autoFocus />
        </Field>
      </form>
    </Dialog>
  );
}
