import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import styles from './copy-field.module.css';
import { useCopy } from './use-copy.ts';

/** A text to copy, such as a secret that is shown once. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const { isCopied, copy } = useCopy();
  return (
    <div className={styles.field}>
      <input
        className={styles.value}
        aria-label={label}
        value={value}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button icon={isCopied ? 'check' : 'copy'} onClick={() => void copy(value)}>
        <span aria-live="polite">{isCopied ? t('ui.copied') : t('ui.copy')}</span>
      </Button>
    </div>
  );
}
