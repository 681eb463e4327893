import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryAttempt, DeliveryDetails } from '#client';
import { refreshLists } from '../api/cache.ts';
import { api } from '../api/client.ts';
import { reportError } from '../api/report-error.ts';
import { useKeys } from '../app/keys.ts';
import { t } from '../i18n/t.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast.tsx';
import { deliveriesOf, POLL_INTERVAL_MS } from './deliveries-query.ts';
import { DeliveryState } from './states.tsx';
import styles from './webhooks.module.css';

interface DeliveryPanelProps {
  webhookId: number;
  deliveryId: number;
}

/** A delivery: the event that is sent, and each attempt with the response. */
export function DeliveryPanel({ webhookId, deliveryId }: DeliveryPanelProps) {
  const { data, error, refetch } = useQuery({
    queryKey: [deliveriesOf(webhookId).name, 'record', deliveryId],
    queryFn: () => api.webhooks.getDelivery(webhookId, deliveryId),
    staleTime: 0,
    refetchInterval: POLL_INTERVAL_MS,
  });
  const [isBusy, setIsBusy] = useState(false);
  const resend = async () => {
    if (isBusy) return;
    setIsBusy(true);
    try {
      await api.webhooks.redeliver(webhookId, deliveryId);
      await refetch();
      refreshLists(deliveriesOf(webhookId));
      showToast({ title: t('webhooks.resent') });
    } catch (thrown) {
      reportError(thrown);
    } finally {
      setIsBusy(false);
    }
  };
  useKeys([{ keys: 'r', name: 'webhooks.keyResend', run: resend }]);
  if (data === undefined && error === null) return <SkeletonRows count={6} />;
  if (data === undefined) {
    const isGone = error !== null && 'status' in error && error.status === 404;
    return isGone ? (
      <EmptyState title={t('webhooks.noDelivery')}>{t('webhooks.noDeliveryHint')}</EmptyState>
    ) : (
      <ErrorState error={error as Error} onRetry={() => void refetch()} />
    );
  }
  return (
    <div className={styles.panel}>
      <header>
        <p className={styles.soft}>{t('webhooks.deliveryNumber', { id: String(deliveryId) })}</p>
        <h2 className={styles.type}>{data.type}</h2>
      </header>
      <div>
        <Button icon="refresh" disabled={isBusy} onClick={() => void resend()} aria-keyshortcuts="r">
          {t('webhooks.resend')}
        </Button>
      </div>
      <Facts delivery={data} />
      <Attempts attempts={data.lastAttempts} />
      {data.type !== 'webhook.test' && <Payload sequence={data.sequence} />}
    </div>
  );
}

function Facts({ delivery }: { delivery: DeliveryDetails }) {
  const { sequence, attempts, nextAttemptAt, deliveredAt, state } = delivery;
  return (
    <dl className={styles.fields}>
      <dt>{t('webhooks.deliveryState')}</dt>
      <dd>
        <DeliveryState delivery={delivery} />
      </dd>
      <dt>{t('webhooks.sequence')}</dt>
      <dd>{sequence}</dd>
      <dt>{t('webhooks.attempts')}</dt>
      <dd>{attempts}</dd>
      {deliveredAt !== undefined && (
        <>
          <dt>{t('webhooks.deliveredAt')}</dt>
          <dd>
            <DateTime value={deliveredAt} form="log" />
          </dd>
        </>
      )}
      {state === 'pending' && (
        <>
          <dt>{t('webhooks.nextAttempt')}</dt>
          <dd>{nextAttemptAt === undefined ? t('webhooks.waits') : <DateTime value={nextAttemptAt} form="log" />}</dd>
        </>
      )}
    </dl>
  );
}

/** The attempts, newest first. */
function Attempts({ attempts }: { attempts: readonly DeliveryAttempt[] }) {
  return (
    <section className={styles.section} aria-label={t('webhooks.attempts')}>
      <h3>{attempts.length === 0 ? t('webhooks.attempts') : t('webhooks.attemptList', { count: attempts.length })}</h3>
      {attempts.length === 0 && <p className={styles.soft}>{t('webhooks.noAttempts')}</p>}
      <ol className={styles.attempts}>
        {attempts.toReversed().map((attempt) => (
          <li key={attempt.at} className={styles.attempt}>
            <Attempt attempt={attempt} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Attempt({ attempt: { at, durationMs, status, error, response } }: { attempt: DeliveryAttempt }) {
  return (
    <>
      <p className={styles.outcome}>
        <Badge look={error === undefined ? 'success' : 'danger'}>{status ?? t('webhooks.noResponse')}</Badge>
        <span className={styles.soft}>
          <DateTime value={at} form="log" /> · {t('webhooks.duration', { count: durationMs })}
        </span>
      </p>
      {error !== undefined && <p className={styles.error}>{error}</p>}
      {response !== undefined && (
        <figure className={styles.body}>
          <figcaption className={styles.soft}>{t('webhooks.responseBody')}</figcaption>
          <JsonView value={response} />
        </figure>
      )}
      {response === undefined && status !== undefined && <p className={styles.soft}>{t('webhooks.emptyBody')}</p>}
    </>
  );
}

/** The event, if the feed still has it: the body of the request. */
function Payload({ sequence }: { sequence: number }) {
  const { data } = useQuery({
    queryKey: ['event', 'one', sequence],
    queryFn: async () => {
      const { items } = await api.events.listPage({ after: sequence - 1, perPage: 1 });
      return items.find((event) => event.sequence === sequence) ?? null;
    },
  });
  if (data === undefined || data === null) return null;
  return (
    <section className={styles.section} aria-label={t('webhooks.payload')}>
      <h3>{t('webhooks.payload')}</h3>
      <JsonView value={data} />
    </section>
  );
}
