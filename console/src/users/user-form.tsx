import { type FormEvent, useState } from 'react';
import type { NewUser, User, UserChanges } from '#client';
import { fieldErrors } from '../api/field-errors.ts';
import { USERS } from '../api/records.ts';
import { useChange } from '../api/use-change.ts';
import { validate } from '../api/validate.ts';
import { changedFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import styles from './users.module.css';

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
  const [errors, setErrors] = useState<Readonly<Record<string, string | undefined>>>({});
  const [isBusy, setIsBusy] = useState(false);
  const { create, update } = useChange(USERS);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const body = user === undefined ? draft : changedFields(FIELDS, { ...user }, { ...draft });
    if (Object.keys(body).length === 0) return onClose();
    const problems = validate(user === undefined ? 'NewUser' : 'UserChanges', { ...body });
    setErrors(Object.fromEntries(problems.map(({ field, message }) => [field, message])));
    if (problems.length > 0) return;
    setIsBusy(true);
    try {
      if (user === undefined) {
        const created = await create(draft, { label: t('users.created') });
        onCreated?.(created);
      } else {
        await update(user, body as UserChanges, { label: t('users.saved') });
      }
      onClose();
    } catch (error) {
      setErrors(fieldErrors(error));
    } finally {
      setIsBusy(false);
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={user === undefined ? t('users.new') : t('users.edit')}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button look="primary" type="submit" form="user-form" disabled={isBusy}>
            {user === undefined ? t('users.create') : t('ui.save')}
          </Button>
        </>
      }
    >
      <form
        id="user-form"
        className={styles.form}
        noValidate
        onSubmit={(event) => void submit(event)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
        }}
      >
        {FIELDS.map((field, index) => (
          <Field key={field} label={t(`users.${field}`)} name={field} required error={errors[field]}>
            <TextInput
              value={draft[field]}
              onValueChange={(value) => setDraft((before) => ({ ...before, [field]: value }))}
              autoFocus={index === 0}
              type={field === 'contactEmail' ? 'email' : 'text'}
            />
          </Field>
        ))}
        {errors.form !== undefined && (
          <p role="alert" className={styles.error}>
            {errors.form}
          </p>
        )}
      </form>
    </Dialog>
  );
}
