import { type FormEvent, useState } from 'react';
import { signIn } from '../api/sign-in.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox, Field, TextInput } from '../ui/field.tsx';
import styles from './sign-in.module.css';

interface SignInProps {
  /** Why the session could not be started. */
  problem?: string | undefined;
}

/** The page that asks for a token. */
export function SignIn(props: SignInProps) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1>{t('app.signInTitle')}</h1>
        <SignInForm {...props} />
      </div>
    </main>
  );
}

/** The form that asks for a token. */
export function SignInForm({ problem }: SignInProps) {
  const [error, setError] = useState(problem);
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const token = String(form.get('token') ?? '').trim();
    if (token === '') return setError(t('app.tokenRequired'));
    setIsBusy(true);
    setError(await signIn(token, form.get('keep') !== null));
    setIsBusy(false);
  };

  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Field label={t('app.token')} name="token" hint={t('app.signInHint')} error={error}>
        <TextInput type="password" autoFocus spellCheck={false} />
      </Field>
      <Checkbox name="keep" label={t('app.keepToken')} hint={t('app.keepTokenHint')} />
      <Button type="submit" look="primary" disabled={isBusy}>
        {t('app.signIn')}
      </Button>
    </form>
  );
}
