import { useQuery } from '@tanstack/react-query';
import { ApiError } from '#client';
import { api } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { USERS } from '../api/records.ts';
import { hasScopes } from '../api/session.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { showToast } from '../ui/toast.tsx';
import styles from './users.module.css';

/** Whether the service has said that it does not confirm addresses. */
let isOff = false;

/** Whether the address of a user is confirmed, and a button that sends the link again. Nothing if the service does not confirm. */
export function EmailState({ userId }: { userId: number }) {
  const queryKey = [USERS.name, 'related', 'confirmation', userId];
  const { data } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      try {
        return await api.users.getEmailConfirmation(userId, { signal });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
        isOff = true;
        return null;
      }
    },
    enabled: !isOff,
  });
  if (data === undefined || data === null) return null;
  const send = async () => {
    try {
      queryClient.setQueryData(queryKey, await api.users.requestEmailConfirmation(userId));
      showToast({ title: t('users.linkSent') });
    } catch (error) {
      showToast({ title: (error as Error).message, isError: true });
    }
  };
  return (
    <div className={styles.confirmation}>
      <span data-state={data.state} className={styles.state}>
        {t(`users.${data.state}`)}
        {data.confirmedAt !== undefined && (
          <>
            {' · '}
            <DateTime value={data.confirmedAt} />
          </>
        )}
      </span>
      {data.state !== 'confirmed' && hasScopes(['users:write']) && (
        <Button look="plain" onClick={() => void send()}>
          {t('users.sendLink')}
        </Button>
      )}
    </div>
  );
}
