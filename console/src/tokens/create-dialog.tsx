import { useState } from 'react';
import type { IssuedToken, NewToken, Scope } from '#client';
import { api } from '../api/client.ts';
import { errorsOf, invalidFields } from '../api/field-errors.ts';
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

interface Draft {
  name: string;
  scopes: Scope[];
  userId: string;
  plan: string;
  /** In how many days. */
  expiresAt: (typeof DAYS)[number];
}

/** The form for a new token. */
export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
  const [draft, setDraft] = useState<Draft>({ name: '', scopes: [], userId: '', plan: '', expiresAt: '' });
  const set = (changes: Partial<Draft>) => setDraft((before) => ({ ...before, ...changes }));

  const save = () => {
    const [name, userId, plan] = [draft.name.trim(), draft.userId.trim(), draft.plan.trim()];
    const token: NewToken = {
      name,
      scopes: draft.scopes,
      ...(plan !== '' && { plan }),
      ...(userId !== '' && { userId: Number(userId) }),
      ...(draft.expiresAt !== '' && {
        expiresAt: new Date(Date.now() + Number(draft.expiresAt) * DAY_MS).toISOString(),
      }),
    };
    return invalidFields('NewToken', token) ?? errorsOf(async () => onCreated(await api.tokens.create(token)));
  };

  return (
    <FormDialog
      title={t('tokens.create')}
      action={t('tokens.createAction')}
      values={draft}
      onClose={onClose}
      save={save}
    >
      {(errors) => (
        <>
          <Field label={t('tokens.name')} name="name" required hint={t('tokens.nameHint')} error={errors.name}>
            <TextInput value={draft.name} onValueChange={(name) => set({ name })} autoFocus />
          </Field>
          <FieldGroup label={t('tokens.scopes')} error={errors.scopes}>
            {SCOPES.map((scope) => (
              <Checkbox
                key={scope}
                label={scope}
                checked={draft.scopes.includes(scope)}
                onChange={({ target }) =>
                  set({ scopes: SCOPES.filter((one) => (one === scope ? target.checked : draft.scopes.includes(one))) })
                }
                {...(scope === 'admin' && { hint: t('tokens.scopeAdmin') })}
              />
            ))}
          </FieldGroup>
          <Field label={t('tokens.user')} name="userId" hint={t('tokens.userHint')} error={errors.userId}>
            <TextInput value={draft.userId} onValueChange={(userId) => set({ userId })} inputMode="numeric" />
          </Field>
          <Field label={t('tokens.plan')} name="plan" error={errors.plan}>
            <TextInput value={draft.plan} onValueChange={(plan) => set({ plan })} placeholder="basic" />
          </Field>
          <Field label={t('tokens.expires')} name="expiresAt" error={errors.expiresAt}>
            <Select
              options={DAYS.map((value) => ({
                value,
                label: value === '' ? t('tokens.expiresNever') : t('tokens.expiresIn', { count: Number(value) }),
              }))}
              value={draft.expiresAt}
              onChange={(expiresAt) => set({ expiresAt })}
            />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
