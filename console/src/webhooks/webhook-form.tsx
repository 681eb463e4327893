import { useState } from 'react';
import type { CreatedWebhook, EventType, NewWebhook, Webhook, WebhookChanges } from '#client';
import { changesOf } from '../api/changes.ts';
import { api } from '../api/client.ts';
import { EVENT_TYPES } from '../api/event-types.ts';
import { errorsOf, invalidFields } from '../api/field-errors.ts';
import { WEBHOOKS } from '../api/records.ts';
import { changedFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Checkbox, Field, TextInput } from '../ui/field.tsx';
import { FieldGroup } from '../ui/field-group.tsx';
import { type FieldErrors, FormDialog } from '../ui/form-dialog.tsx';
import styles from './webhooks.module.css';

const FIELDS = ['url', 'events', 'description', 'enabled'];

interface WebhookFormProps {
  /** The webhook to edit; undefined to create one. */
  webhook?: Webhook | undefined;
  onClose: () => void;
  onCreated?: (webhook: CreatedWebhook) => void;
}

/** The dialog that creates or edits a webhook. */
export function WebhookForm({ webhook: shown, onClose, onCreated }: WebhookFormProps) {
  // The version that is edited: the page reads the webhook again while the form is open.
  const [webhook] = useState(shown);
  const [draft, setDraft] = useState({
    url: webhook?.url ?? '',
    events: webhook?.events ?? [],
    description: webhook?.description ?? '',
    enabled: webhook?.enabled ?? true,
  });
  const { update } = changesOf(WEBHOOKS);

  const save = async (): Promise<FieldErrors | undefined> => {
    const description = draft.description.trim() === '' ? null : draft.description;
    const values: NewWebhook = { ...draft, url: draft.url.trim(), description };
    if (webhook === undefined) {
      const add = async () => {
        const created = await api.webhooks.create(values);
        onCreated?.(created);
      };
      return invalidFields('NewWebhook', values) ?? errorsOf(add);
    }
    const changes: WebhookChanges = changedFields(FIELDS, { ...webhook }, { ...values });
    if (Object.keys(changes).length === 0) return undefined;
    const change = () => update(webhook, changes, { label: t('webhooks.saved') });
    return invalidFields('WebhookChanges', changes) ?? errorsOf(change);
  };
  const setEvents = (events: readonly EventType[]) =>
    setDraft((before) => ({ ...before, events: EVENT_TYPES.filter((type) => events.includes(type)) }));

  return (
    <FormDialog
      title={t(webhook === undefined ? 'webhooks.create' : 'webhooks.edit')}
      action={t(webhook === undefined ? 'webhooks.createAction' : 'ui.save')}
      values={draft}
      onClose={onClose}
      save={save}
    >
      {(errors) => (
        <>
          <Field label={t('webhooks.url')} name="url" required hint={t('webhooks.urlHint')} error={errors.url}>
            <TextInput
              autoFocus
              type="url"
              placeholder="https://hooks.example.com/tasks"
              value={draft.url}
              onValueChange={(url) => setDraft((before) => ({ ...before, url }))}
            />
          </Field>
          <FieldGroup label={t('webhooks.events')} error={errors.events}>
            <div className={styles.all}>
              <Checkbox
                label={t('webhooks.allEvents')}
                checked={draft.events.length === EVENT_TYPES.length}
                onChange={({ target }) => setEvents(target.checked ? EVENT_TYPES : [])}
              />
            </div>
            {EVENT_TYPES.map((type) => (
              <Checkbox
                key={type}
                label={type}
                checked={draft.events.includes(type)}
                onChange={({ target }) =>
                  setEvents(target.checked ? [...draft.events, type] : draft.events.filter((one) => one !== type))
                }
              />
            ))}
          </FieldGroup>
          <Field label={t('webhooks.about')} name="description" error={errors.description}>
            <TextInput
              value={draft.description}
              onValueChange={(description) => setDraft((before) => ({ ...before, description }))}
            />
          </Field>
          <Checkbox
            label={t('webhooks.enabled')}
            hint={t('webhooks.enabledHint')}
            checked={draft.enabled}
            onChange={({ target }) => setDraft((before) => ({ ...before, enabled: target.checked }))}
          />
        </>
      )}
    </FormDialog>
  );
}
