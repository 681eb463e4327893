import { useEffect, useState } from 'react';
import { rateLimitedUntil, reachability } from '../api/connection.ts';
import { queryClient } from '../api/query-client.ts';
import { useStore } from '../api/store.ts';
import { t } from '../i18n/t.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './status-banner.module.css';

/** Under the header: the service does not respond, or its rate limit is reached. */
export function StatusBanner() {
  const reach = useStore(reachability);
  const until = useStore(rateLimitedUntil);
  useEffect(() => {
    // What could not be read meanwhile is read now.
    if (reach === 'online') void queryClient.refetchQueries({ predicate: ({ state }) => state.status === 'error' });
  }, [reach]);
  if (reach !== 'online') {
    return (
      <Banner
        text={t(reach === 'offline' ? 'app.offlineTitle' : 'app.unreachableTitle')}
        detail={t('app.offlineHint')}
      />
    );
  }
  if (until !== undefined) return <RateLimited until={until} />;
  return null;
}

function RateLimited({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const count = Math.max(0, Math.ceil((until - now) / 1000));
  return <Banner text={t('app.rateLimited')} detail={t('app.rateLimitedHint', { count })} />;
}

function Banner({ text, detail }: { text: string; detail: string }) {
  return (
    <div className={styles.banner}>
      <Icon name="warning" />
      <span>
        <strong role="alert">{text}</strong> {detail}
      </span>
    </div>
  );
}
