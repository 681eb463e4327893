import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import styles from './form-dialog.module.css';

/** What is wrong with each field of a form, and with none of them under `form`. */
export type FieldErrors = Readonly<Record<string, string>>;

interface FormDialogProps {
  title: string;
  /** The text of the button that saves. */
  action: string;
  onClose: () => void;
  /** Saves what was typed. The dialog closes if it returns undefined, otherwise it shows the errors. */
  save: (form: FormData) => FieldErrors | undefined | Promise<FieldErrors | undefined>;
  /** Whether the dialog is hidden while it saves, because the page shows the change at once. */
  isHiddenWhileSaving?: boolean;
  /** The fields, with what is wrong with each. */
  children: (errors: FieldErrors) => ReactNode;
}

/** A dialog with a form. Enter in a field and Ctrl+Enter or Cmd+Enter anywhere save it, once. */
export function FormDialog({ title, action, onClose, save, isHiddenWhileSaving, children }: FormDialogProps) {
  const id = useId();
  const [errors, setErrors] = useState<FieldErrors>({});
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    const problems = await save(new FormData(event.currentTarget));
    setIsBusy(false);
    if (problems === undefined) onClose();
    else setErrors(problems);
  };

  return (
    <Dialog
      open={!(isBusy && isHiddenWhileSaving)}
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button look="primary" type="submit" form={id} disabled={isBusy}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className={styles.form}
        noValidate
        onSubmit={(event) => void submit(event)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          // Some browsers submit for these keys in a field by themselves.
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }}
      >
        {errors.form !== undefined && (
          <p role="alert" className={styles.error}>
            {errors.form}
          </p>
        )}
        {children(errors)}
      </form>
    </Dialog>
  );
}
