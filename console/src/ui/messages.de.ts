import type { Translation } from '../i18n/message.ts';
import type { ui as en } from './messages.en.ts';

export const ui = {
  close: 'Schließen',
  cancel: 'Abbrechen',
  save: 'Speichern',
  undo: 'Rückgängig',
  retry: 'Erneut versuchen',
  loading: 'Lädt',
  failed: 'Das konnte nicht geladen werden',
  required: 'erforderlich',
  today: 'heute {time}',
  tomorrow: 'morgen {time}',
  yesterday: 'gestern {time}',
  requestId: 'Request-ID: {id}',
  notifications: 'Meldungen',
  NOT_STARTED: 'Nicht begonnen',
  IN_PROGRESS: 'In Arbeit',
  BLOCKED: 'Blockiert',
  DEFERRED: 'Verschoben',
  COMPLETED: 'Erledigt',
  CANCELLED: 'Abgebrochen',
} satisfies Translation<typeof en>;
