import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Webhook } from '#client';
import { type CachedRecord, recordKey } from '../api/cache.ts';
import { hasPendingChange } from '../api/pending.ts';
import { WEBHOOKS } from '../api/records.ts';
import { recordId } from '../app/url-state.ts';
import { t } from '../i18n/t.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { Deliveries } from './deliveries.tsx';
import { POLL_INTERVAL_MS } from './deliveries-query.ts';

/** The page of one webhook, with its deliveries. `?state` filters them, `?delivery` is open. */
export function WebhookPage() {
  const params = useParams({ strict: false }) as { webhookId?: string };
  const webhookId = recordId.parse(params.webhookId);
  if (webhookId === undefined) return <EmptyState title={t('webhooks.gone')} />;
  return <Loaded key={webhookId} webhookId={webhookId} />;
}

function Loaded({ webhookId }: { webhookId: number }) {
  const { data, error, refetch } = useQuery({
    queryKey: recordKey(WEBHOOKS, webhookId),
    queryFn: async (): Promise<CachedRecord<Webhook>> => {
      const { data: record, etag } = await WEBHOOKS.get(webhookId).withResponse();
      return { record, etag };
    },
    staleTime: 0,
    refetchInterval: () => (hasPendingChange(WEBHOOKS, webhookId) ? false : POLL_INTERVAL_MS),
  });
  if (error !== null && 'status' in error && error.status === 404) {
    return <EmptyState title={t('webhooks.gone')} />;
  }
  if (data !== undefined) return <Deliveries webhook={data.record} />;
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div role="status" aria-label={t('ui.loading')}>
      <SkeletonRows count={8} />
    </div>
  );
}
