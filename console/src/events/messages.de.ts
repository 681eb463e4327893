import type { Translation } from '../i18n/message.ts';
import type { events as en } from './messages.en.ts';

export const events = {
  title: 'Ereignisse',
  description: 'Jede Änderung eines Benutzers oder einer Aufgabe, sobald sie geschieht.',
  pause: 'Anhalten',
  resume: 'Fortsetzen',
  paused: { one: '{count} Ereignis kam inzwischen', other: '{count} Ereignisse kamen inzwischen' },
  empty: 'Noch keine Ereignisse',
  emptyHint: 'Sie erscheinen hier, wenn ein Benutzer oder eine Aufgabe erstellt, geändert oder gelöscht wird.',
  emptyFilter: 'Keine Ereignisse dieser Art',
  emptyFilterHint: 'Von den letzten Ereignissen hat keines diese Art.',
  clearFilter: 'Alle Arten zeigen',
  type: 'Art des Ereignisses',
  time: 'Zeit',
  event: 'Ereignis',
  record: 'Datensatz',
  details: 'Einzelheiten zu Ereignis {sequence}',
  task: 'Aufgabe {id}',
  user: 'Benutzer {id}',
} satisfies Translation<typeof en>;
