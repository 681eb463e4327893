import type { Translation } from '../i18n/message.ts';
import type { start as en } from './messages.en.ts';

export const start = {
  title: 'Start',
  address: 'Der Dienst ist unter',
  reference: 'API-Referenz',
  users: 'Benutzer',
  open: 'Offene Aufgaben',
  today: 'Heute fällig',
  overdue: 'Überfällig',
  userTitle: 'Benutzer anlegen',
  userHint: 'Aufgaben gehören Benutzern.',
  userAction: 'Benutzer anlegen',
  userCount: { one: '{count} Benutzer', other: '{count} Benutzer' },
  taskTitle: 'Aufgabe anlegen',
  taskHint: 'Eine Aufgabe hat einen Besitzer, ein Fälligkeitsdatum und einen Status.',
  taskAction: 'Aufgabe anlegen',
  taskCount: { one: '{count} Aufgabe', other: '{count} Aufgaben' },
  taskDue: 'morgen 9',
  tokenTitle: 'Token anlegen',
  tokenHint: 'Jedes Programm hat ein eigenes Token, mit nur den Scopes, die es braucht.',
  tokenAction: 'Zu den Tokens',
} satisfies Translation<typeof en>;
