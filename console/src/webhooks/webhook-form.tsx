import { type FormEvent, type KeyboardEvent, useState } from 'react';
import type { CreatedWebhook, EventType, NewWebhook, Webhook, WebhookChanges } from '#client';
import { api } from '../api/client.ts';
import { type FieldErrors, fieldErrors } from '../api/field-errors.ts';
import { WEBHOOKS } from '../api/records.ts';
import { useChange } from '../api/use-change.ts';
import { validate } from '../api/validate.ts';
import { changedFields } from '../formats/merge.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import confirm from '../ui/confirm-dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { Checkbox, Field, TextInput } from '../ui/field.tsx';
import { FieldGroup } from '../ui/field-group.tsx';
import styles from './webhooks.module.css';

const EVENT_TYPES: readonly EventType[] = [
  'user.created',
  'user.updated',
  'user.deleted',
  'task.created',
  'task.updated',
  'task.completed',
  'task.deleted',
  'task.reminder',
];

const FIELDS = ['url', 'events', 'description', 'enabled'];

interface WebhookFormProps {
  /** The webhook to edit; undefined to create one. */
  webhook?: Webhook | undefined;
  onClose: () => void;
  onCreated?: (webhook: CreatedWebhook) => void;
}

/** The dialog that creates or edits a webhook. */
export function WebhookForm({ webhook, onClose, onCreated }: WebhookFormProps) {
  const [draft, setDraft] = useState({
    url: webhook?.url ?? '',
    events: webhook?.events ?? [],
    description: webhook?.description ?? '',
    enabled: webhook?.enabled ?? true,
  });
  const [errors, setErrors] = useState<FieldErrors>({});
  const [isBusy, setIsBusy] = useState(false);
  const { update } = useChange(WEBHOOKS);

  const submit = async (event: FormEvent | KeyboardEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const description = draft.description.trim() === '' ? null : draft.description;
    const values: NewWebhook = { ...draft, url: draft.url.trim(), description };
    const body = webhook === undefined ? values : changedFields(FIELDS, { ...webhook }, { ...values });
    if (Object.keys(body).length === 0) return onClose();
    const problems = validate(webhook === undefined ? 'NewWebhook' : 'WebhookChanges', { ...body });
    setErrors(Object.fromEntries(problems.map(({ field, message }) => [field, message])));
    if (problems.length > 0) return;
    setIsBusy(true);
    try {
      if (webhook === undefined) onCreated?.(await api.webhooks.create(values));
      else await update(webhook, body as WebhookChanges, { label: t('webhooks.saved') });
      onClose();
    } catch (error) {
      setErrors(fieldErrors(error));
      setIsBusy(false);
    }
  };
  const setEvents = (events: readonly EventType[]) =>
    setDraft((before) => ({ ...before, events: EVENT_TYPES.filter((type) => events.includes(type)) }));

  return (
    <Dialog
      open
      onClose={onClose}
      title={t(webhook === undefined ? 'webhooks.create' : 'webhooks.edit')}
      actions={
        <>
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" form="webhook-form" look="primary" disabled={isBusy}>
            {webhook === undefined ? t('webhooks.createAction') : t('ui.save')}
          </Button>
        </>
      }
    >
      <form
        id="webhook-form"
        className={styles.form}
        noValidate
        onSubmit={(event) => void submit(event)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
        }}
      >
        {errors.form !== undefined && (
          <p role="alert" className={confirm.error}>
            {errors.form}
          </p>
        )}
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
      </form>
    </Dialog>
  );
}
