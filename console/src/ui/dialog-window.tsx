import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import styles from './dialog.module.css';
import type { DialogProps } from './dialog.tsx';
import { holdKeys } from './key-buffer.tsx';
import { addWindow, TopDialogs } from './top-dialogs.tsx';

interface DialogWindowProps extends DialogProps {
  /** Whether it can open over any other dialog: see `top-dialogs.tsx`. */
  isTop?: boolean;
}

/** A {@link Dialog} that has been opened. */
export function DialogWindow(props: DialogWindowProps) {
  const { open, onClose, title, description, width = 'narrow', actions, isTop = false, children } = props;
  const [id] = useState(() => Symbol(title));
  useEffect(() => (open && !isTop ? addWindow(id) : undefined), [id, open, isTop]);
  const body = useRef<HTMLDivElement>(null);
  // It gets the focus only after it is shown.
  const releaseKeys = useRef<() => void>(undefined);
  useLayoutEffect(() => {
    if (!open) return undefined;
    releaseKeys.current = holdKeys();
    return releaseKeys.current;
  }, [open]);
  return (
    <BaseDialog.Root open={open} onOpenChange={(isOpen) => isOpen || onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles.backdrop} />
        <BaseDialog.Popup
          className={`${styles.popup} ${styles[width]}`}
          initialFocus={() => firstControl(body.current)}
          onFocus={() => releaseKeys.current?.()}
        >
          <header className={styles.header}>
            <BaseDialog.Title className={styles.title}>{title}</BaseDialog.Title>
            <BaseDialog.Close render={<IconButton icon="close" name={t('ui.close')} />} />
          </header>
          <div className={styles.body} ref={body}>
            {description !== undefined && (
              <BaseDialog.Description className={styles.description}>{description}</BaseDialog.Description>
            )}
            {children}
          </div>
          {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
          {!isTop && <TopDialogs inside={id} />}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** What gets the focus: the first control, not the button that closes. Without one, the first button. */
function firstControl(body: HTMLElement | null): HTMLElement | true {
  return body?.querySelector<HTMLElement>('input:not(:disabled), textarea, select, button') ?? true;
}
