import { type ReactNode, useId } from 'react';
import styles from './field.module.css';
import group from './field-group.module.css';

interface FieldGroupProps {
  label: string;
  /** What is wrong with the choice. */
  error?: string | undefined;
  /** Checkboxes. */
  children: ReactNode;
}

/** A choice of several values. */
export function FieldGroup({ label, error, children }: FieldGroupProps) {
  const errorId = useId();
  return (
    <fieldset className={group.group} aria-describedby={error === undefined ? undefined : errorId}>
      <legend className={styles.label}>{label}</legend>
      <div className={group.choices}>{children}</div>
      {error !== undefined && (
        <p id={errorId} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}
