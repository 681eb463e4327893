import type { Translation } from '../i18n/message.ts';
import type { transfer as en } from './messages.en.ts';

export const transfer = {
  title: '{file} importieren',
  start: { one: '{count} Zeile importieren', other: '{count} Zeilen importieren' },
  rows: { one: 'Die Datei hat {count} Zeile.', other: 'Die Datei hat {count} Zeilen.' },
  rejected: { one: '{count} Zeile wird abgelehnt.', other: '{count} Zeilen werden abgelehnt.' },
  created: { one: '{count} Zeile wurde importiert.', other: '{count} Zeilen wurden importiert.' },
  saveRejects: 'Abgelehnte Zeilen als CSV speichern',
  progress: 'Import läuft',
  columns: 'Spalten',
  fieldOf: 'Feld der Spalte {column}',
  notImported: 'nicht importiert',
  preview: 'Vorschau',
  line: 'Zeile',
  problem: 'Problem',
  drop: 'CSV-Datei zum Importieren hier ablegen',
  csv_empty: 'Die Datei ist leer. Ihre erste Zeile muss die Spalten nennen.',
  csv_noRows: 'Die Datei nennt Spalten, hat aber keine Zeilen.',
  csv_notUtf8: 'Die Datei ist nicht in UTF-8. Speichern Sie sie in dieser Kodierung.',
  csv_repeatedColumn: 'Die Spalte „{subject}“ gibt es zweimal. Benennen Sie eine um.',
  csv_tooLarge: 'Die Datei hat {subject} MB, und die Konsole liest höchstens 16 MB. Verwenden Sie: task-api import',
  csv_unclosedQuote: 'Ein Anführungszeichen wird nicht geschlossen: Zeile {subject}.',
} satisfies Translation<typeof en>;
