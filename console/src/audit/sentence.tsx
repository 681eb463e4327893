import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Change } from '#client';
import { type Key, t } from '../i18n/t.ts';
import { ActorName } from '../record/actor-name.tsx';

/** The verb of each change, the part of the type after the dot. */
const VERBS: Record<string, Key> = {
  created: 'audit.created',
  updated: 'audit.updated',
  deleted: 'audit.deleted',
  completed: 'audit.completed',
  reminder: 'audit.reminder',
  rotated: 'audit.rotated',
  revoked: 'audit.revoked',
  bound: 'audit.bound',
  test: 'audit.test',
};

/** An entry as a sentence: "Token 3 changed taskStatus of task 7". */
export function Sentence({ change }: { change: Change }) {
  const [, verb = ''] = change.type.split('.');
  const key = VERBS[verb];
  if (key === undefined) return <code>{change.type}</code>;
  const fields = Object.keys(change.before ?? {}).join(', ');
  // The record is a link, so the text is split around it.
  const [before = '', after = ''] = t(key, { record: '\0', fields }).split('\0');
  return (
    <>
      <strong>
        <ActorName actor={change.actor} />
      </strong>{' '}
      {before}
      <RecordLink change={change} />
      {after}
    </>
  );
}

/** The record of an entry, and its name if the entry has it. */
function RecordLink({ change }: { change: Change }) {
  const values = { ...change.before, ...change.after };
  const named = (text: string, name: unknown): ReactNode =>
    typeof name === 'string' && name !== '' ? t('audit.named', { record: text, name }) : text;
  switch (change.type.split('.')[0]) {
    case 'task': {
      const text = t('audit.task', { id: String(change.taskId) });
      return <Link to={`/tasks/${change.taskId}` as string}>{named(text, values.taskTitle)}</Link>;
    }
    case 'token':
      return <Link to="/tokens">{named(t('audit.token', { id: String(change.tokenId) }), values.name)}</Link>;
    case 'webhook': {
      const id = String(values.webhookId ?? '');
      return <Link to={`/webhooks/${id}` as string}>{named(t('audit.webhook', { id }), values.url)}</Link>;
    }
    default: {
      const name = [values.firstName, values.lastName].filter((part) => typeof part === 'string').join(' ');
      const text = t('audit.user', { id: String(change.userId) });
      return <Link to={`/users/${change.userId}` as string}>{named(text, name)}</Link>;
    }
  }
}
