import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Webhook } from '#client';
import { t } from '../i18n/t.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { DateTime } from '../ui/date-time.tsx';
import { Menu } from '../ui/menu.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { WebhookState } from './states.tsx';
import type { WebhookDialog } from './webhook-dialogs.tsx';
import styles from './webhooks.module.css';

interface WebhookHeaderProps {
  webhook: Webhook;
  onTest: () => void;
  onEnable: (enabled: boolean) => void;
  onDialog: (dialog: WebhookDialog) => void;
}

/** What a webhook is, how it fares, and what can be done with it. */
export function WebhookHeader({ webhook, onTest, onEnable, onDialog }: WebhookHeaderProps) {
  const { webhookId, url, description, events, enabled, createdAt, lastSuccessAt, lastFailureAt } = webhook;
  const toggle = { label: t(enabled ? 'webhooks.disable' : 'webhooks.enable'), run: () => onEnable(!enabled) };
  return (
    <>
      <PageHeader
        title={url}
        description={
          <>
            <Link to="/webhooks">{t('webhooks.title')}</Link> / #{webhookId}
            {description !== undefined && ` · ${description}`}
          </>
        }
      >
        <Menu
          align="end"
          trigger={<IconButton icon="more" name={t('webhooks.actionsOf')} />}
          groups={[
            { actions: [toggle, { label: t('webhooks.rotate'), icon: 'refresh', run: () => onDialog('rotate') }] },
            {
              actions: [{ label: t('webhooks.remove'), icon: 'trash', isDanger: true, run: () => onDialog('delete') }],
            },
          ]}
        />
        <Button icon="edit" onClick={() => onDialog('edit')} aria-keyshortcuts="e">
          {t('webhooks.editAction')}
        </Button>
        <Button look="primary" onClick={onTest} aria-keyshortcuts="t">
          {t('webhooks.test')}
        </Button>
      </PageHeader>
      <dl className={styles.facts}>
        <Fact name={t('webhooks.state')}>
          <WebhookState webhook={webhook} />
        </Fact>
        <Fact name={t('webhooks.lastSuccess')}>
          {lastSuccessAt === undefined ? t('ui.never') : <DateTime value={lastSuccessAt} form="relative" />}
        </Fact>
        <Fact name={t('webhooks.lastFailure')}>
          {lastFailureAt === undefined ? t('ui.never') : <DateTime value={lastFailureAt} form="relative" />}
        </Fact>
        <Fact name={t('webhooks.createdAt')}>
          <DateTime value={createdAt} />
        </Fact>
        <Fact name={t('webhooks.events')}>{events.join(', ')}</Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
