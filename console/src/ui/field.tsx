import { Field as BaseField } from '@base-ui/react/field';
import type { ComponentProps, ReactNode } from 'react';
import { t } from '../i18n/t.ts';
import styles from './field.module.css';

interface FieldProps {
  label: string;
  /** The name of the field in the API, for the error that the service names it in. */
  name: string;
  required?: boolean;
  hint?: ReactNode;
  /** What is wrong with the value; shown beside the field, and read out. */
  error?: string | undefined;
  /** The control. By default the {@link TextInput} of `input`. */
  children: ReactNode;
}

/** A control with its label, hint and error. The control is a {@link TextInput}, {@link TextArea} or `Select`. */
export function Field({ label, name, required = false, hint, error, children }: FieldProps) {
  return (
    <BaseField.Root name={name} invalid={error !== undefined} className={styles.field}>
      <BaseField.Label className={styles.label}>
        {label}
        {required && <span className={styles.required}> ({t('ui.required')})</span>}
      </BaseField.Label>
      {children}
      {hint !== undefined && <BaseField.Description className={styles.hint}>{hint}</BaseField.Description>}
      <BaseField.Error match={error !== undefined} className={styles.error}>
        {error}
      </BaseField.Error>
    </BaseField.Root>
  );
}

/** The text control of a {@link Field}. */
export function TextInput({ className, ...rest }: ComponentProps<typeof BaseField.Control>) {
  return <BaseField.Control className={`${styles.input} ${className ?? ''}`} autoComplete="off" {...rest} />;
}

/** The control of a {@link Field} for several lines. */
export function TextArea({ rows = 4, ...rest }: ComponentProps<'textarea'>) {
  return (
    <BaseField.Control
      className={`${styles.input} ${styles.area}`}
      render={<textarea rows={rows} {...rest} />}
      defaultValue={rest.defaultValue}
      value={rest.value}
    />
  );
}

/** A checkbox with its label. */
export function Checkbox({ label, hint, ...rest }: ComponentProps<'input'> & { label: string; hint?: string }) {
  return (
    <label className={styles.checkbox}>
      <input type="checkbox" {...rest} />
      <span>
        {label}
        {hint !== undefined && <span className={styles.hint}>{hint}</span>}
      </span>
    </label>
  );
}
