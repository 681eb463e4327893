import type { Translation } from '../i18n/message.ts';
import type { record as en } from './messages.en.ts';

export const record = {
  title: 'Eintrag',
  conflictTitle: 'Inzwischen hat sich das geändert',
  conflictHint:
    'Änderungen verschiedener Felder werden zusammengeführt. Wo beide dasselbe Feld geändert haben, wählen Sie eine Seite.',
  field: 'Feld',
  theirs: 'Andere',
  yours: 'Ihre',
  result: 'Ergebnis',
  choose: 'Seite wählen',
  keepTheirs: 'Meine Änderung verwerfen',
  saveResult: 'Ergebnis speichern',
} satisfies Translation<typeof en>;
