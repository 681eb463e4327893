import type { TaskStatus } from '#client';
import { useOwner } from '../api/owners.ts';
import { nameOf } from '../api/records.ts';
import { longDate } from '../formats/dates.ts';
import { type Key, t } from '../i18n/t.ts';
import { StatusChip } from '../ui/status-chip.tsx';

/** The names of fields for people. Others have their name in the API. */
const NAMES: Readonly<Record<string, Readonly<Record<string, Key>>>> = {
  task: {
    userId: 'tasks.owner',
    taskTitle: 'tasks.taskTitle',
    taskDescription: 'tasks.taskDescription',
    taskStatus: 'tasks.taskStatus',
    dueDate: 'tasks.dueDate',
    warningOffset: 'tasks.warningOffset',
  },
  user: { firstName: 'users.firstName', lastName: 'users.lastName', contactEmail: 'users.contactEmail' },
  webhook: {
    url: 'webhooks.url',
    events: 'webhooks.events',
    description: 'webhooks.about',
    enabled: 'webhooks.enabled',
  },
};

/** The name of a field of a record. */
export function FieldName({ kind, field }: { kind: string; field: string }) {
  const name = NAMES[kind]?.[field];
  return name === undefined ? <code>{field}</code> : t(name);
}

/** The value of a field of a record. */
export function FieldValue({ kind, field, value }: { kind: string; field: string; value: unknown }) {
  if (value === null || value === undefined) return <>–</>;
  if (field === 'taskStatus') return <StatusChip status={value as TaskStatus} />;
  if (field === 'dueDate') return longDate(String(value));
  if (field === 'userId' && kind === 'task') return <Owner userId={Number(value)} />;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function Owner({ userId }: { userId: number }) {
  const owner = useOwner(userId);
  return owner === undefined ? t('tasks.user', { id: String(userId) }) : nameOf(owner);
}
