import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { User } from '#client';
import { cachedRecord } from '../api/cache.ts';
import { USERS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { useKeys } from '../app/keys.ts';
import { recordId } from '../app/url-state.ts';
import { t } from '../i18n/t.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { type UserDialog, UserDialogs } from './user-dialogs.tsx';
import { UserPanel } from './user-panel.tsx';
import styles from './users.module.css';

/** The page of one user. */
export function UserPage() {
  const params = useParams({ strict: false }) as { userId?: string };
  const userId = recordId.parse(params.userId);
  const [dialog, setDialog] = useState<UserDialog>();
  const navigate = useNavigate();
  useKeys([
    {
      keys: 'e',
      name: 'users.keyEdit',
      run: () => {
        const user = userId === undefined ? undefined : cachedRecord<User>(USERS, userId)?.record;
        if (user === undefined || !hasScopes(['users:write'])) return false;
        return setDialog({ kind: 'edit', user });
      },
    },
  ]);
  if (userId === undefined) return <EmptyState title={t('users.gone')} />;
  return (
    <div className={styles.single}>
      <UserPanel
        userId={userId}
        onEdit={(user) => setDialog({ kind: 'edit', user })}
        onDelete={(user) => setDialog({ kind: 'delete', user })}
      />
      <UserDialogs
        dialog={dialog}
        onClose={() => setDialog(undefined)}
        onDeleted={() => void navigate({ to: '/users' as string })}
      />
    </div>
  );
}
