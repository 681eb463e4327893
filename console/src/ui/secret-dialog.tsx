import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import { CopyField } from './copy-field.tsx';
import { Dialog } from './dialog.tsx';

export interface ShownSecret {
  title: string;
  /** That it is shown once. */
  hint: string;
  label: string;
  /** Undefined if the response with it was lost. */
  value: string | undefined;
}

/** A secret that is shown once. */
export function SecretDialog({ title, hint, label, value, onClose }: ShownSecret & { onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={hint}
      actions={
        <Button look="primary" onClick={onClose}>
          {t('ui.done')}
        </Button>
      }
    >
      {value !== undefined && <CopyField label={label} value={value} />}
    </Dialog>
  );
}
