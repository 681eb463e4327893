import { useState } from 'react';
import type { IssuedToken, NewToken, Scope } from '#client';
import { api } from '../api/client.ts';
import { errorsOf } from '../api/field-errors.ts';
import { t } from '../i18n/t.ts';
import { Checkbox, Field, TextInput } from '../ui/field.tsx';
import { FieldGroup } from '../ui/field-group.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
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
  const [days, setDays] = useState<(typeof DAYS)[number]>('');

  const save = (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const token: NewToken = {
      name: text('name'),
      scopes: form.getAll('scopes') as Scope[],
      ...(text('plan') !== '' && { plan: text('plan') }),
      // What is not a number is for the service to reject.
      ...(text('userId') !== '' && { userId: Number(text('userId')) }),
      ...(days !== '' && { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
    };
    return errorsOf(async () => onCreated(await api.tokens.create(token)));
  };

  return (
    <FormDialog title={t('tokens.create')} action={t('tokens.createAction')} onClose={onClose} save={save}>
      {(errors) => (
        <>
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
        </>
      )}
    </FormDialog>
  );
}
