import type { ReactNode } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import styles from './selection-bar.module.css';

interface SelectionBarProps {
  /** What is selected, such as "3 selected". */
  label: string;
  /** What is beside the label. */
  more?: ReactNode;
  onClear: () => void;
  children: ReactNode;
}

/** What can be done with the selected rows, at the bottom of the list. On phones it has two lines. */
export function SelectionBar({ label, more, onClear, children }: SelectionBarProps) {
  return (
    <section ref={keepUncovered} className={styles.selection} aria-label={label}>
      <div className={styles.selected}>
        <span role="status">{label}</span>
        {more}
      </div>
      {children}
      <IconButton icon="close" name={t('ui.selectionClear')} onClick={onClear} />
    </section>
  );
}

/** Tells the messages how high the bar is, so that they are above it. */
function keepUncovered(bar: HTMLElement | null): (() => void) | undefined {
  if (bar === null) return undefined;
  const { style } = document.documentElement;
  const observer = new ResizeObserver(() => style.setProperty('--selection-bar', `${bar.offsetHeight}px`));
  observer.observe(bar);
  return () => {
    observer.disconnect();
    style.removeProperty('--selection-bar');
  };
}
