import { t } from '../i18n/t.ts';

/** Who made a change, for people: a token, an identity provider's user, an operator, the service. */
export function actorName(actor: string): string {
  if (actor === '0') return t('record.actorDevelopment');
  if (/^\d+$/.test(actor)) return t('record.actorToken', { id: actor });
  if (actor.startsWith('jwt:')) return actor.slice('jwt:'.length);
  if (actor === 'command-line') return t('record.actorCommandLine');
  if (actor === 'service') return t('record.actorService');
  return actor;
}
