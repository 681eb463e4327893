import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { changedFields } from '../formats/merge.ts';
import { isSameRecord } from '../formats/records.ts';
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
  /** What is typed, by field. */
  values: object;
  onClose: () => void;
  /** Saves what was typed. The dialog closes if it returns undefined, otherwise it shows the errors. */
  save: () => FieldErrors | undefined | Promise<FieldErrors | undefined>;
  /** Whether the dialog is hidden while it saves, because the page shows the change at once. */
  isHiddenWhileSaving?: boolean;
  /** The fields, with what is wrong with each. */
  children: (errors: FieldErrors) => ReactNode;
}

/**
 * A dialog with a form. Enter in a field and Ctrl+Enter or Cmd+Enter anywhere save it, once. If something was typed, it asks
 * before it closes without saving. The error of a field is shown until the field is edited.
 */
export function FormDialog(props: FormDialogProps) {
  const { title, action, values, onClose, save, isHiddenWhileSaving, children } = props;
  const id = useId();
  const [initial] = useState(values);
  const [failed, setFailed] = useState<{ values: object; errors: FieldErrors }>({ values, errors: {} });
  const [isBusy, setIsBusy] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  const lastFocus = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isAsking) lastFocus.current?.focus();
  }, [isAsking]);

  const edited = changedFields(Object.keys(values), { ...failed.values }, { ...values });
  const errors = Object.fromEntries(Object.entries(failed.errors).filter(([field]) => !(field in edited)));

  // While it asks, what closes other dialogs goes back to the form, as does a click into a field.
  const close = () => {
    if (isAsking) setIsAsking(false);
    else if (isSameRecord(initial, values)) onClose();
    else setIsAsking(true);
  };

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    const problems = await save();
    setIsBusy(false);
    if (problems === undefined) onClose();
    else setFailed({ values, errors: problems });
  };

  return (
    <Dialog
      open={!(isBusy && isHiddenWhileSaving)}
      onClose={close}
      title={title}
      actions={
        isAsking ? (
          <DiscardQuestion onDiscard={onClose} onKeep={close} />
        ) : (
          <>
            <Button onClick={close}>{t('ui.cancel')}</Button>
            <Button look="primary" type="submit" form={id} disabled={isBusy}>
              {action}
            </Button>
          </>
        )
      }
    >
      <form
        id={id}
        className={styles.form}
        noValidate
        onFocus={({ target }) => {
          lastFocus.current = target;
          setIsAsking(false);
        }}
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

/** Asks whether what was typed may be lost. */
function DiscardQuestion({ onDiscard, onKeep }: { onDiscard: () => void; onKeep: () => void }) {
  const id = useId();
  return (
    <>
      <p id={id} className={styles.question}>
        {t('ui.discardQuestion')}
      </p>
      <Button look="danger" onClick={onDiscard}>
        {t('ui.discard')}
      </Button>
      <Button onClick={onKeep} aria-describedby={id} autoFocus>
        {t('ui.keepEditing')}
      </Button>
    </>
  );
}
