import { t } from '../i18n/t.ts';

/** The name of an `actor` of the audit: who made a change. */
export function nameOfActor(actor: string): string {
  if (actor === '0') return t('record.actorDevelopment');
  if (/^\d+$/.test(actor)) return t('record.actorToken', { id: actor });
  if (actor === 'command-line') return t('record.actorCommandLine');
  if (actor === 'service') return t('record.actorService');
  if (!actor.startsWith('jwt:')) return actor;
  // A hash of the user, and the client if it is known.
  const [, client] = actor.split(' ');
  return client === undefined ? t('record.actorJwt') : `${t('record.actorJwt')} (${client})`;
}
