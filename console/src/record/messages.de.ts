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
  history: 'Verlauf',
  historyEmpty: 'Im Protokoll stehen keine Änderungen.',
  historyNeedsAdmin: 'Der Verlauf eines Benutzers braucht ein Token mit dem Scope admin.',
  older: 'Ältere Änderungen',
  by: 'von {actor}',
  task: 'Aufgabe {id}',
  event: 'Ereignis {sequence}',
  eventHint: 'Dieses Ereignis im Feed zeigen',
  erased: 'Die Werte wurden mit dem Benutzer gelöscht.',
  actorDevelopment: 'Entwicklungsmodus',
  actorToken: 'Token {id}',
  actorCommandLine: 'einem Betreiber (Kommandozeile)',
  actorService: 'dem Dienst',
  code: 'Als Code kopieren',
  codeHint: 'Die letzte Anfrage zu diesem Datensatz: {request}',
  codeLanguage: 'Sprache des Codes',
  copy: 'Kopieren',
  copied: 'Kopiert',
} satisfies Translation<typeof en>;
