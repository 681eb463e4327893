import type { Webhook } from '#client';
import { changesOf } from '../api/changes.ts';
import { api } from '../api/client.ts';
import { WEBHOOKS } from '../api/records.ts';
import { t } from '../i18n/t.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { lazyPart } from '../ui/lazy-part.tsx';
import type { ShownSecret } from '../ui/secret-dialog.tsx';

const WebhookForm = lazyPart(() => import('./webhook-form.tsx').then((module) => module.WebhookForm));

export type WebhookDialog = 'edit' | 'rotate' | 'delete';

interface WebhookDialogsProps {
  dialog: WebhookDialog | undefined;
  webhook: Webhook;
  onClose: () => void;
  /** Called with the new secret of a rotation. */
  onRotated: (secret: ShownSecret) => void;
  onDeleted: () => void;
}

/** The dialog of a webhook that is open. */
export function WebhookDialogs({ dialog, webhook, onClose, onRotated, onDeleted }: WebhookDialogsProps) {
  const { webhookId, url } = webhook;
  const id = String(webhookId);
  switch (dialog) {
    case undefined:
      return null;
    case 'edit':
      return <WebhookForm webhook={webhook} onClose={onClose} />;
    case 'rotate':
      return (
        <ConfirmDialog
          title={t('webhooks.rotateTitle', { id })}
          description={t('webhooks.rotateText')}
          action={t('webhooks.rotate')}
          run={async () => {
            const { secret, previousSecretValidUntil } = await api.webhooks.rotate(webhookId);
            const time = new Date(previousSecretValidUntil).toLocaleString();
            onRotated({
              title: t('webhooks.rotated', { id }),
              hint: t('webhooks.rotatedHint', { time }),
              label: t('webhooks.secret'),
              value: secret,
            });
          }}
          onClose={onClose}
        />
      );
    case 'delete':
      return (
        <ConfirmDialog
          title={t('webhooks.removeTitle')}
          description={t('webhooks.removeText', { url })}
          action={t('webhooks.remove')}
          isDanger
          run={async () => {
            if (await changesOf(WEBHOOKS).remove(webhook)) onDeleted();
          }}
          onClose={onClose}
        />
      );
  }
}
