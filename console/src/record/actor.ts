import { t } from '../i18n/t.ts';

/** Who made a change. */
export type Actor =
  | { kind: 'development' | 'service' | 'command-line' }
  | { kind: 'token'; id: string }
  /** A user of the identity provider: a hash, and the client if it is known. */
  | { kind: 'jwt'; hash: string; client: string | undefined }
  | { kind: 'other'; text: string };

/** Reads the `actor` of an entry of the audit. */
export function readActor(actor: string): Actor {
  if (actor === '0') return { kind: 'development' };
  if (/^\d+$/.test(actor)) return { kind: 'token', id: actor };
  if (actor === 'command-line' || actor === 'service') return { kind: actor };
  if (!actor.startsWith('jwt:')) return { kind: 'other', text: actor };
  const [hash = '', client] = actor.slice('jwt:'.length).split(' ');
  return { kind: 'jwt', hash, client };
}

/** An actor as the end of a sentence: "by token 3". */
export function actorName(text: string): string {
  const actor = readActor(text);
  switch (actor.kind) {
    case 'development':
      return t('record.actorDevelopment');
    case 'token':
      return t('record.actorToken', { id: actor.id });
    case 'command-line':
      return t('record.actorCommandLine');
    case 'service':
      return t('record.actorService');
    case 'jwt':
      return [actor.hash, actor.client].filter(Boolean).join(' ');
    case 'other':
      return actor.text;
  }
}
