/** The words of dates, in English and German. Texts are in lower case, without periods after abbreviations. */

/** Days from today. */
export const NAMED_DAYS: Readonly<Record<string, number>> = {
  ...{ yesterday: -1, today: 0, tod: 0, tomorrow: 1, tom: 1, tmr: 1, 'day after tomorrow': 2 },
  ...{ gestern: -1, heute: 0, morgen: 1, übermorgen: 2, uebermorgen: 2 },
};

/** 0 is Monday. */
export const WEEKDAYS = numbered(0, [
  ['monday', 'mon', 'montag', 'mo'],
  ['tuesday', 'tue', 'tues', 'dienstag', 'di'],
  ['wednesday', 'wed', 'mittwoch', 'mi'],
  ['thursday', 'thu', 'thur', 'thurs', 'donnerstag', 'do'],
  ['friday', 'fri', 'freitag', 'fr'],
  ['saturday', 'sat', 'samstag', 'sonnabend', 'sa'],
  ['sunday', 'sun', 'sonntag', 'so'],
]);

/** 1 is January. */
export const MONTHS = numbered(1, [
  ['january', 'jan', 'januar', 'jänner'],
  ['february', 'feb', 'februar'],
  ['march', 'mar', 'märz', 'maerz', 'mär'],
  ['april', 'apr'],
  ['may', 'mai'],
  ['june', 'jun', 'juni'],
  ['july', 'jul', 'juli'],
  ['august', 'aug'],
  ['september', 'sep', 'sept'],
  ['october', 'oct', 'oktober', 'okt'],
  ['november', 'nov'],
  ['december', 'dec', 'dezember', 'dez'],
]);

export type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/** `m` is missing, because it could be a minute or a month. */
export const UNITS: Readonly<Record<string, Unit>> = Object.fromEntries(
  Object.entries({
    minute: ['min', 'mins', 'minute', 'minutes', 'minuten'],
    hour: ['h', 'hr', 'hrs', 'hour', 'hours', 'std', 'stunde', 'stunden'],
    day: ['d', 'day', 'days', 't', 'tag', 'tage', 'tagen'],
    week: ['w', 'wk', 'week', 'weeks', 'woche', 'wochen'],
    month: ['mo', 'month', 'months', 'monat', 'monate', 'monaten'],
    year: ['y', 'year', 'years', 'j', 'jahr', 'jahre', 'jahren'],
  } satisfies Record<Unit, string[]>).flatMap(([unit, words]) => words.map((word) => [word, unit as Unit])),
);

/** Hours of the day. */
export const NAMED_HOURS: Readonly<Record<string, number>> = { noon: 12, mittag: 12, mittags: 12 };

/** Words in front of a period of the calendar. */
export const NEXT = ['next', 'nächste', 'nächster', 'nächsten', 'nächstes', 'naechste', 'naechsten', 'naechsten'];

/** Words without a meaning of their own. */
export const FILLERS = ['at', 'on', 'by', 'the', 'due', 'um', 'am', 'bis', 'den', 'der', 'dem'];

function numbered(first: number, names: readonly (readonly string[])[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.flatMap((words, index) => words.map((word) => [word, first + index])));
}
