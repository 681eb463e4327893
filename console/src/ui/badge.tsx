import type { ReactNode } from 'react';
import styles from './badge.module.css';

/** A state in a word, with a sign of its own, so that it is not told by its colour alone. */
export function Badge({ look, children }: { look: 'success' | 'danger' | 'warning' | 'neutral'; children: ReactNode }) {
  return (
    <span className={`${styles.badge} ${styles[look]}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" className={styles.sign}>
        <path d={SIGNS[look]} />
      </svg>
      {children}
    </span>
  );
}

const SIGNS = {
  success: 'M2 6.500l2.500 2.500L10 3',
  danger: 'M2.500 2.500l7 7 M9.500 2.500l-7 7',
  warning: 'M6 2v5 M6 9.500v.5',
  neutral: 'M2 6h8',
};
