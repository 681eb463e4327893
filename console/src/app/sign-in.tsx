import { type FormEvent, useState } from 'react';
import { signIn } from '../api/sign-in.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox, Field, TextInput } from '../ui/field.tsx';
import styles from './sign-in.module.css';

/** The form that asks for a token. @param problem why the session could not be started, or has ended. */
export function SignIn({ problem }: { problem?: string | undefined }) {
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
    <main className={styles.page}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <h1>{t('app.signInTitle')}</h1>
        <Field label={t('app.token')} name="token" hint={t('app.signInHint')} error={error}>
          <TextInput type="password" autoFocus spellCheck={false} />
        </Field>
        <Checkbox name="keep" label={t('app.keepToken')} hint={t('app.keepTokenHint')} />
        <Button type="submit" look="primary" disabled={isBusy}>
          {t('app.signIn')}
        </Button>
      </form>
    </main>
  );
}
