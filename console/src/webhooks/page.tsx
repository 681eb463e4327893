import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Webhook } from '#client';
import { refreshLists } from '../api/cache.ts';
import { WEBHOOKS } from '../api/records.ts';
import { useKeys } from '../app/keys.ts';
import { oneOf, useUrlState } from '../app/url-state.ts';
import { useListKeys } from '../app/use-list-keys.ts';
import { t } from '../i18n/t.ts';
import { useRows } from '../live/use-rows.ts';
import { Button } from '../ui/button.tsx';
import { type Column, DataList } from '../ui/data-list.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { FilterBar } from '../ui/filter-bar.tsx';
import { lazyPart } from '../ui/lazy-part.tsx';
import { SecretDialog, type ShownSecret } from '../ui/secret-dialog.tsx';
import { useListCursor } from '../ui/use-list-cursor.ts';
import { POLL_INTERVAL_MS } from './deliveries-query.ts';
import { lastAttemptAt, WebhookState } from './states.tsx';
import styles from './webhooks.module.css';

const WebhookForm = lazyPart(() => import('./webhook-form.tsx').then((module) => module.WebhookForm));

const STATE = { new: oneOf('', '1') };
const QUERY = { sort: 'webhookId' };

/** The columns, made when the page is shown, because the texts are in the reader's language. */
function columns(): Column<Webhook>[] {
  return [
    {
      id: 'url',
      header: t('webhooks.url'),
      width: 'minmax(200px, 3fr)',
      render: ({ webhookId, url }) => (
        <Link to={`/webhooks/${webhookId}` as string} className={styles.link} title={url}>
          {url}
        </Link>
      ),
      onPhone: 'main',
    },
    {
      id: 'description',
      header: t('webhooks.about'),
      width: 'minmax(80px, 2fr)',
      render: ({ description }) => <span title={description}>{description}</span>,
      onPhone: 'hidden',
    },
    {
      id: 'events',
      header: t('webhooks.events'),
      width: '88px',
      render: ({ events }) => (
        <span title={events.join(', ')}>{t('webhooks.eventCount', { count: events.length })}</span>
      ),
      onPhone: 'hidden',
    },
    {
      id: 'state',
      header: t('webhooks.state'),
      width: '160px',
      render: (webhook) => <WebhookState webhook={webhook} />,
    },
    {
      id: 'lastAttempt',
      header: t('webhooks.lastAttempt'),
      width: '136px',
      render: (webhook) => {
        const at = lastAttemptAt(webhook);
        return at === undefined ? t('ui.never') : <DateTime value={at} form="relative" />;
      },
    },
  ];
}

/** All webhooks. `?new=1` opens the form. */
export function Page() {
  const [state, setState] = useUrlState(STATE);
  const [secret, setSecret] = useState<ShownSecret & { webhookId: number }>();
  const navigate = useNavigate();
  const rows = useRows(WEBHOOKS, QUERY, { pollIntervalMs: POLL_INTERVAL_MS });
  const cursor = useListCursor(rows);
  const open = (webhookId: number) => void navigate({ to: `/webhooks/${webhookId}` as string });
  const onOpen = (webhook: Webhook) => open(webhook.webhookId);
  useListKeys({ rows, cursor, onOpen, isSelectable: false });
  useKeys([{ keys: 'c', name: 'webhooks.keyCreate', run: () => setState({ new: '1' }) }]);
  const create = (
    <Button look="primary" icon="plus" onClick={() => setState({ new: '1' })} aria-keyshortcuts="c">
      {t('webhooks.create')}
    </Button>
  );
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">{t('webhooks.title')}</h1>
      <FilterBar end={create}>
        <span className={styles.soft}>{!rows.isLoading && t('webhooks.count', { count: rows.total })}</span>
      </FilterBar>
      <DataList
        label={t('webhooks.title')}
        rows={rows}
        columns={useMemo(columns, [])}
        cursor={cursor}
        onOpen={onOpen}
        empty={
          <EmptyState title={t('webhooks.none')} actions={create}>
            {t('webhooks.noneHint')}
          </EmptyState>
        }
      />
      {state.new !== '' && (
        <WebhookForm
          onClose={() => setState({ new: '' }, { replace: true })}
          onCreated={({ webhookId, secret: value }) => {
            refreshLists(WEBHOOKS);
            setSecret({
              webhookId,
              title: t('webhooks.issued', { id: String(webhookId) }),
              hint: t(value === undefined ? 'webhooks.issuedLost' : 'webhooks.issuedHint'),
              label: t('webhooks.secret'),
              value,
            });
          }}
        />
      )}
      {secret !== undefined && <SecretDialog {...secret} onClose={() => open(secret.webhookId)} />}
    </div>
  );
}
