import type { Translation } from '../i18n/message.ts';
import type { tokens as en } from './messages.en.ts';

export const tokens = {
  title: 'Token',
  description: 'Womit sich Programme und Menschen anmelden. Der Dienst speichert von jedem nur einen Hash.',
  create: 'Neues Token',
  empty: 'Noch keine Token',
  emptyHint: 'Ein Programm braucht ein Token. Erstellen Sie eines mit nur den Rechten, die es braucht.',
  name: 'Name',
  nameHint: 'Daran erkennen Sie das Token.',
  scopes: 'Rechte',
  plan: 'Tarif',
  user: 'Benutzer',
  userHint:
    'Die ID des Benutzers, dessen Daten das Token allein verwenden darf. Leer für ein Programm, das allen Benutzern dient.',
  serviceToken: 'alle Benutzer',
  lastUsed: 'Zuletzt verwendet',
  state: 'Zustand',
  active: 'Aktiv',
  revoked: 'Widerrufen',
  expired: 'Abgelaufen',
  expires: 'Läuft ab',
  expiresNever: 'Nie',
  expiresIn: { one: 'In {count} Tag', other: 'In {count} Tagen' },
  created: 'Erstellt',
  createAction: 'Token erstellen',
  issued: 'Token {id} ist erstellt',
  issuedHint: 'Kopieren Sie es jetzt: Es wird nicht noch einmal angezeigt.',
  rotated: 'Token {id} hat ein neues Geheimnis',
  rotatedHint:
    'Kopieren Sie es jetzt: Es wird nicht noch einmal angezeigt. Das vorige Token gilt außerdem noch bis {time}.',
  issuedLost: 'Die Antwort mit dem Token ging verloren. Widerrufen Sie das Token, und erstellen Sie ein anderes.',
  token: 'Token',
  rotate: 'Erneuern',
  rotateTitle: '„{name}“ erneuern?',
  rotateText:
    'Das Token bekommt ein neues Geheimnis, das einmal angezeigt wird. Das vorige gilt noch 24 Stunden; wenn Sie noch einmal erneuern, wird es sofort abgelehnt.',
  revoke: 'Widerrufen',
  revokeTitle: '„{name}“ widerrufen?',
  revokeText:
    'Innerhalb einer Sekunde wird jede Anfrage mit diesem Token abgelehnt. Das lässt sich nicht rückgängig machen.',
  revokeOwn: 'Mit diesem Token sind Sie angemeldet: Die Konsole meldet Sie ab.',
  actionsOf: 'Aktionen für {name}',
  auditLink: 'Änderungen von Token stehen im Protokoll.',
  scopeAdmin: 'umfasst alle anderen',
} satisfies Translation<typeof en>;
