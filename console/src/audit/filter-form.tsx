import { type ComponentProps, type FormEvent, type ReactNode, useState } from 'react';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import field from '../ui/field.module.css';
import styles from './filters.module.css';

interface FilterFormProps {
  /** Applies what was typed, or returns why it is invalid. */
  onSubmit: (form: FormData) => string | undefined;
  children: ReactNode;
}

/** What is typed to filter, and a button that applies it. */
export function FilterForm({ onSubmit, children }: FilterFormProps) {
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setProblem(onSubmit(new FormData(event.currentTarget)));
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {children}
      {problem !== undefined && (
        <p role="alert" className={field.error}>
          {problem}
        </p>
      )}
      <Button type="submit">{t('audit.apply')}</Button>
    </form>
  );
}

interface FilterInputProps extends ComponentProps<'input'> {
  label: string;
}

/** Not a `Field` of `ui/`, whose library is larger than this page. */
export function FilterInput({ label, ...input }: FilterInputProps) {
  return (
    <label className={field.field}>
      <span className={field.label}>{label}</span>
      <input className={field.input} autoComplete="off" spellCheck={false} {...input} />
    </label>
  );
}
