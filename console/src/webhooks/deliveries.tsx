import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Delivery, Webhook } from '#client';
import { refreshLists } from '../api/cache.ts';
import { changesOf } from '../api/changes.ts';
import { api } from '../api/client.ts';
import { WEBHOOKS } from '../api/records.ts';
import { reportError } from '../api/report-error.ts';
import { useKeys } from '../app/keys.ts';
import { recordId, someOf, useUrlState } from '../app/url-state.ts';
import { useListKeys } from '../app/use-list-keys.ts';
import { t } from '../i18n/t.ts';
import { useRows } from '../live/use-rows.ts';
import { type Column, DataList } from '../ui/data-list.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar, FilterChip } from '../ui/filter-bar.tsx';
import { lazyPart } from '../ui/lazy-part.tsx';
import { NothingFound } from '../ui/nothing-found.tsx';
import { SecretDialog, type ShownSecret } from '../ui/secret-dialog.tsx';
import { SplitView } from '../ui/split-view.tsx';
import { useListCursor } from '../ui/use-list-cursor.ts';
import { deliveriesOf, POLL_INTERVAL_MS } from './deliveries-query.ts';
import { DeliveryState } from './states.tsx';
import { type WebhookDialog, WebhookDialogs } from './webhook-dialogs.tsx';
import { WebhookHeader } from './webhook-header.tsx';

const DeliveryPanel = lazyPart(() => import('./delivery-panel.tsx').then((module) => module.DeliveryPanel));

const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
const STATE = { state: someOf(DELIVERY_STATES), delivery: recordId };

/** The columns, made when the page is shown, because the texts are in the reader's language. */
function columns(): Column<Delivery>[] {
  return [
    {
      id: 'type',
      header: t('webhooks.type'),
      width: 'minmax(136px, 2fr)',
      render: ({ type }) => <code>{type}</code>,
      onPhone: 'main',
    },
    {
      id: 'state',
      header: t('webhooks.deliveryState'),
      width: '128px',
      render: (delivery) => <DeliveryState delivery={delivery} />,
    },
    {
      id: 'response',
      header: t('webhooks.response'),
      width: 'minmax(96px, 3fr)',
      render: ({ lastStatus, lastError }) => <span title={lastError}>{lastStatus ?? lastError}</span>,
    },
    {
      id: 'attempts',
      header: t('webhooks.attempts'),
      width: '72px',
      render: ({ attempts }) => attempts,
      onPhone: 'hidden',
    },
    {
      id: 'when',
      header: t('webhooks.when'),
      width: '176px',
      render: (delivery) => <When delivery={delivery} />,
    },
  ];
}

/** When a delivery was made, or is due. */
function When({ delivery: { state, deliveredAt, nextAttemptAt } }: { delivery: Delivery }) {
  if (state === 'pending' && nextAttemptAt === undefined) return t('webhooks.waits');
  const at = deliveredAt ?? nextAttemptAt;
  return at === undefined ? '–' : <DateTime value={at} form="relative" />;
}

/** A webhook, its deliveries, and the open one beside them. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const { webhookId } = webhook;
  const [state, setState] = useUrlState(STATE);
  const [dialog, setDialog] = useState<WebhookDialog>();
  const [secret, setSecret] = useState<ShownSecret>();
  const navigate = useNavigate();
  const { update } = changesOf(WEBHOOKS);
  const kind = useMemo(() => deliveriesOf(webhookId), [webhookId]);
  const query = { sort: '-deliveryId', state: state.state[0] };
  const rows = useRows(kind, query, { pollIntervalMs: POLL_INTERVAL_MS });
  const cursor = useListCursor(rows);
  const open = (delivery: Delivery) => setState({ delivery: delivery.deliveryId });
  const close = () => setState({ delivery: undefined });

  const sendTest = async () => {
    try {
      const delivery = await api.webhooks.test(webhookId);
      refreshLists(kind);
      setState({ state: [], delivery: delivery.deliveryId });
    } catch (error) {
      reportError(error);
    }
  };
  const setEnabled = (enabled: boolean) => {
    const label = t(enabled ? 'webhooks.wasEnabled' : 'webhooks.wasDisabled');
    update(webhook, { enabled }, { label }).catch(reportError);
  };
  useListKeys({
    ...{ rows, cursor, onOpen: open, isSelectable: false },
    onClose: () => (state.delivery === undefined ? false : close()),
  });
  useKeys([
    { keys: 'e', name: 'webhooks.keyEdit', run: () => setDialog('edit') },
    { keys: 't', name: 'webhooks.keyTest', run: sendTest },
  ]);

  return (
    <SplitView
      panelLabel={t('webhooks.delivery')}
      panel={
        state.delivery === undefined ? undefined : (
          <DeliveryPanel key={state.delivery} webhookId={webhookId} deliveryId={state.delivery} />
        )
      }
      onClose={close}
    >
      <WebhookHeader webhook={webhook} onTest={sendTest} onEnable={setEnabled} onDialog={setDialog} />
      <FilterBar end={!rows.isLoading && <span>{t('webhooks.deliveryCount', { count: rows.total })}</span>}>
        <h2>{t('webhooks.deliveries')}</h2>
        <FilterChip
          label={t('webhooks.deliveryState')}
          options={DELIVERY_STATES.map((value) => ({ value, label: t(`webhooks.${value}`) }))}
          selected={state.state.slice(0, 1)}
          onChange={(next) => setState({ state: next })}
        />
      </FilterBar>
      <DataList
        label={t('webhooks.deliveries')}
        rows={rows}
        columns={useMemo(columns, [])}
        cursor={cursor}
        openId={state.delivery}
        onOpen={open}
        empty={
          state.state.length > 0 ? (
            <NothingFound onClear={() => setState({ state: [] })} />
          ) : (
            <EmptyState title={t('webhooks.noDeliveries')}>{t('webhooks.noDeliveriesHint')}</EmptyState>
          )
        }
      />
      <WebhookDialogs
        dialog={dialog}
        webhook={webhook}
        onClose={() => setDialog(undefined)}
        onRotated={setSecret}
        onDeleted={() => void navigate({ to: '/webhooks' as string })}
      />
      {secret !== undefined && <SecretDialog {...secret} onClose={() => setSecret(undefined)} />}
    </SplitView>
  );
}
