import type { Delivery, Webhook } from '#client';
import { t } from '../i18n/t.ts';
import { Badge } from '../ui/badge.tsx';

/** Whether a webhook works: by its last attempt. */
export function WebhookState({ webhook }: { webhook: Webhook }) {
  const { enabled, lastSuccessAt, lastFailureAt } = webhook;
  if (!enabled) return <Badge look="neutral">{t('webhooks.stateDisabled')}</Badge>;
  if (lastAttemptAt(webhook) === undefined) return <Badge look="neutral">{t('webhooks.stateUnused')}</Badge>;
  const isFailing = lastFailureAt !== undefined && lastFailureAt > (lastSuccessAt ?? '');
  if (isFailing) return <Badge look="danger">{t('webhooks.stateFailing')}</Badge>;
  return <Badge look="success">{t('webhooks.stateWorking')}</Badge>;
}

/** When an event was last sent; undefined if none was. */
export function lastAttemptAt({ lastSuccessAt = '', lastFailureAt = '' }: Webhook): string | undefined {
  const last = lastSuccessAt > lastFailureAt ? lastSuccessAt : lastFailureAt;
  return last === '' ? undefined : last;
}

export function DeliveryState({ delivery: { state, attempts } }: { delivery: Delivery }) {
  if (state === 'delivered') return <Badge look="success">{t('webhooks.delivered')}</Badge>;
  if (state === 'failed') return <Badge look="danger">{t('webhooks.failed')}</Badge>;
  if (attempts > 0) return <Badge look="warning">{t('webhooks.retrying')}</Badge>;
  return <Badge look="neutral">{t('webhooks.pending')}</Badge>;
}
