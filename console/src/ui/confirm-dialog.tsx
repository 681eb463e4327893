import { type ReactNode, useState } from 'react';
import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import styles from './confirm-dialog.module.css';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  title: string;
  /** What happens, and what cannot be undone. */
  description: ReactNode;
  /** The button that does it. */
  action: string;
  isDanger?: boolean;
  /** Closes the dialog when it is fulfilled; shows the error if it is rejected. */
  run: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, description, action, isDanger = false, run, onClose }: ConfirmDialogProps) {
  const [error, setError] = useState<string>();
  const [isRunning, setIsRunning] = useState(false);
  const confirm = async () => {
    setIsRunning(true);
    try {
      await run();
      onClose();
    } catch (thrown) {
      setError((thrown as Error).message);
    } finally {
      setIsRunning(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button look={isDanger ? 'danger' : 'primary'} disabled={isRunning} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      {error !== undefined && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
    </Dialog>
  );
}
