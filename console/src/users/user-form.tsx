import { useState } from 'react';
import type { NewUser, User, UserChanges } from '#client';
import { changesOf } from '../api/changes.ts';
import { errorsOf, invalidFields } from '../api/field-errors.ts';
import { USERS } from '../api/records.ts';
import { changedFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Field, TextInput } from '../ui/field.tsx';
import { type FieldErrors, FormDialog } from '../ui/form-dialog.tsx';

interface UserFormProps {
  /** The user to edit; undefined to create one. */
  user?: User | undefined;
  onClose: () => void;
  onCreated?: (user: User) => void;
}

const FIELDS = ['firstName', 'lastName', 'contactEmail'] as const;

/** The dialog that creates or edits a user. */
export function UserForm({ user, onClose, onCreated }: UserFormProps) {
  const [draft, setDraft] = useState<NewUser>(() => ({
    firstName: user?.firstName ?? '',
    lastName: user?.lastName ?? '',
    contactEmail: user?.contactEmail ?? '',
  }));
  const { create, update } = changesOf(USERS);

  const save = async (): Promise<FieldErrors | undefined> => {
    if (user === undefined) {
      const add = async () => {
        const created = await create(draft, { label: t('users.created') });
        onCreated?.(created);
      };
      return invalidFields('NewUser', draft) ?? errorsOf(add);
    }
    const changes: UserChanges = changedFields(FIELDS, { ...user }, { ...draft });
    if (Object.keys(changes).length === 0) return undefined;
    const change = () => update(user, changes, { label: t('users.saved') });
    return invalidFields('UserChanges', changes) ?? errorsOf(change);
  };

  return (
    <FormDialog
      title={t(user === undefined ? 'users.new' : 'users.edit')}
      action={t(user === undefined ? 'users.create' : 'ui.save')}
      values={draft}
      onClose={onClose}
      save={save}
    >
      {(errors) =>
        FIELDS.map((field, index) => (
          <Field key={field} label={t(`users.${field}`)} name={field} required error={errors[field]}>
            <TextInput
              value={draft[field]}
              onValueChange={(value) => setDraft((before) => ({ ...before, [field]: value }))}
              autoFocus={index === 0}
              type={field === 'contactEmail' ? 'email' : 'text'}
            />
          </Field>
        ))
      }
    </FormDialog>
  );
}
