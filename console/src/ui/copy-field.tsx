import { useState } from 'react';
import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import styles from './copy-field.module.css';

/** A text to copy, such as a secret that is shown once. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setIsCopied(true);
  };
  return (
    <div className={styles.field}>
      <input
        className={styles.value}
        aria-label={label}
        value={value}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button icon={isCopied ? 'check' : 'copy'} onClick={copy}>
        <span aria-live="polite">{isCopied ? t('ui.copied') : t('ui.copy')}</span>
      </Button>
    </div>
  );
}
