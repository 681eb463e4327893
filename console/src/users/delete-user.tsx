import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '#client';
import { refreshLists } from '../api/cache.ts';
import { changesOf } from '../api/changes.ts';
import { api } from '../api/client.ts';
import { nameOf, TASKS, USERS } from '../api/records.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast.tsx';

/** With more tasks than this, the address is typed to confirm. */
const TYPED_FROM = 100;

interface DeleteUserProps {
  user: User;
  onClose: () => void;
  onDeleted: () => void;
}

/** Asks before a user is deleted with all tasks and tokens. That cannot be undone. */
export function DeleteUser({ user, onClose, onDeleted }: DeleteUserProps) {
  const { userId, contactEmail } = user;
  const [typed, setTyped] = useState('');
  const { remove } = changesOf(USERS);
  const { data: count, error } = useQuery({
    queryKey: [TASKS.name, 'related', 'count', userId],
    queryFn: async ({ signal }) =>
      (await api.tasks.listPage({ userId, perPage: 1 }, { count: true, signal })).total ?? 0,
  });
  const isTyped = count === undefined || count > TYPED_FROM;
  const isReady = count !== undefined && (!isTyped || typed.trim().toLowerCase() === contactEmail.toLowerCase());

  const submit = async () => {
    if (!isReady) return;
    onDeleted();
    try {
      if (!(await remove(user))) return;
      refreshLists(TASKS);
      showToast({ title: t('users.deleted', { name: nameOf(user) }) });
    } catch (failure) {
      showToast({
        title: t('users.notDeleted', { name: nameOf(user) }),
        description: (failure as Error).message,
        isError: true,
      });
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t('users.deleteTitle', { name: nameOf(user) })}
      description={
        error === null ? (
          count === undefined ? (
            <Skeleton width="240px" />
          ) : (
            t('users.deleteCount', { count })
          )
        ) : (
          error.message
        )
      }
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button look="danger" disabled={!isReady} onClick={() => void submit()}>
            {t('users.delete')}
          </Button>
        </>
      }
    >
      {count !== undefined && isTyped && (
        <Field label={t('users.typeEmail', { email: contactEmail })} name="confirm">
          <TextInput value={typed} onValueChange={setTyped} autoFocus />
        </Field>
      )}
    </Dialog>
  );
}
