import { type ReactNode, useEffect, useRef } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import styles from './split-view.module.css';

interface SplitViewProps {
  children: ReactNode;
  /** What is open beside the list; undefined if nothing is. */
  panel?: ReactNode;
  /** The name of the panel for screen readers. */
  panelLabel: string;
  /** Buttons in the first line of the panel. */
  panelActions?: ReactNode;
  onClose: () => void;
}

/** A list, and the open record beside it from 1200 px, over it below. */
export function SplitView({ children, panel, panelLabel, panelActions, onClose }: SplitViewProps) {
  return (
    <div className={styles.split}>
      <div className={styles.main} data-has-panel={panel !== undefined}>
        {children}
      </div>
      {panel !== undefined && (
        <Panel label={panelLabel} actions={panelActions} onClose={onClose}>
          {panel}
        </Panel>
      )}
    </div>
  );
}

interface PanelProps {
  label: string;
  actions: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

function Panel({ label, actions, onClose, children }: PanelProps) {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    // Over the list, the panel has the focus, which returns when it closes.
    if (getComputedStyle(element.current as HTMLElement).position !== 'absolute') return;
    const before = document.activeElement;
    element.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside ref={element} className={styles.panel} aria-label={label} tabIndex={-1}>
      <div className={styles.bar}>
        {actions}
        <IconButton icon="close" name={t('ui.close')} className={styles.close} onClick={onClose} />
      </div>
      <div className={styles.content}>{children}</div>
    </aside>
  );
}
