import { type FormEvent, useState } from 'react';
import type { IssuedToken, NewToken, Scope } from '#client';
import { api } from '../api/client.ts';
import { type FieldErrors, fieldErrors } from '../api/field-errors.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import confirm from '../ui/confirm-dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { Checkbox, Field, TextInput } from '../ui/field.tsx';
import { FieldGroup } from '../ui/field-group.tsx';
import { Select } from '../ui/select.tsx';

const SCOPES: readonly Scope[] = ['users:read', 'users:write', 'tasks:read', 'tasks:write', 'admin'];
const DAYS = ['', '7', '30', '90', '365'] as const;
const DAY_MS = 86_400_000;

interface CreateDialogProps {
  onClose: () => void;
  onCreated: (token: IssuedToken) => void;
}

/** The form for a new token. */
export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
  const [errors, setErrors] = useState<FieldErrors>({});
  const [isBusy, setIsBusy] = useState(false);
  const [days, setDays] = useState<(typeof DAYS)[number]>('');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const token: NewToken = {
      name: text('name'),
      scopes: form.getAll('scopes') as Scope[],
      ...(text('plan') !== '' && { plan: text('plan') }),
      // What is not a number is for the service to reject.
      ...(text('userId') !== '' && { userId: Number(text('userId')) }),
      ...(days !== '' && { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
    };
    setIsBusy(true);
    try {
      onCreated(await api.tokens.create(token));
    } catch (error) {
      setErrors(fieldErrors(error));
      setIsBusy(false);
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('tokens.create')}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" form="new-token" look="primary" disabled={isBusy}>
            {t('tokens.createAction')}
          </Button>
        </>
      }
    >
      <form id="new-token" onSubmit={submit} noValidate style={{ display: 'contents' }}>
        {errors.form !== undefined && (
          <p role="alert" className={confirm.error}>
            {errors.form}
          </p>
        )}
        <Field label={t('tokens.name')} name="name" required hint={t('tokens.nameHint')} error={errors.name}>
          <TextInput autoFocus />
        </Field>
        <FieldGroup label={t('tokens.scopes')} error={errors.scopes}>
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              name="scopes"
              value={scope}
              label={scope}
              {...(scope === 'admin' && { hint: t('tokens.scopeAdmin') })}
            />
          ))}
        </FieldGroup>
        <Field label={t('tokens.user')} name="userId" hint={t('tokens.userHint')} error={errors.userId}>
          <TextInput inputMode="numeric" />
        </Field>
        <Field label={t('tokens.plan')} name="plan" error={errors.plan}>
          <TextInput placeholder="basic" />
        </Field>
        <Field label={t('tokens.expires')} name="expiresAt" error={errors.expiresAt}>
          <Select
            options={DAYS.map((value) => ({
              value,
              label: value === '' ? t('tokens.expiresNever') : t('tokens.expiresIn', { count: Number(value) }),
            }))}
            value={days}
            onChange={setDays}
          />
        </Field>
      </form>
    </Dialog>
  );
}
