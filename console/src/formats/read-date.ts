import { FILLERS, MONTHS, NAMED_DAYS, NAMED_HOURS, NEXT, UNITS, type Unit, WEEKDAYS } from './date-words.ts';
import {
  addMonths,
  DAY_MS,
  formatRfc3339,
  MINUTE_MS,
  startOfDay,
  toInstant,
  toWallTime,
  type WallTime,
  wallDate,
  weekdayOf,
} from './zoned-time.ts';

export interface DateContext {
  /** Milliseconds since the epoch. */
  now: number;
  /** The IANA name of the reader's time zone. */
  timeZone: string;
  /** Minutes after midnight, for a date without a time. */
  defaultTime: number;
  /** Whether `3/12` is the 12th of March, as in the United States. */
  monthFirst: boolean;
}

export type DateReading =
  | {
      ok: true;
      /** Milliseconds since the epoch. */
      instant: number;
      /** In RFC 3339, for `dueDate`. */
      text: string;
      /** Whether clocks skip the time that was typed, so that the result is another. */
      moved: boolean;
    }
  | {
      ok: false;
      /**
       * `empty`; `unknown`: the word is not understood; `impossible`: there is no such date or time; `repeated`: a second date
       * or time.
       */
      problem: 'empty' | 'unknown' | 'impossible' | 'repeated';
      /** The part of the text that is meant. */
      word: string;
    };

/** What the words mean so far. */
interface Parts {
  /** The day, as the start of it. */
  day?: WallTime;
  /** Minutes after midnight. */
  time?: number;
  /** An instant that needs nothing more, such as `+2h`. */
  instant?: number;
  /** The day is the next one with this name, so it depends on the time. */
  weekday?: boolean;
}

interface Reader extends DateContext {
  today: WallTime;
}

interface Rule {
  pattern: RegExp;
  read: (match: RegExpExecArray, reader: Reader) => Parts | 'impossible';
}

const any = (words: readonly string[]) => words.toSorted((a, b) => b.length - a.length).join('|');
const month = `(?:${any(Object.keys(MONTHS))})\\.?`;
const weekday = `(?:${any(Object.keys(WEEKDAYS))})\\.?`;
const unit = (names: readonly Unit[]) =>
  `(?:${any(Object.keys(UNITS).filter((word) => names.includes(UNITS[word] as Unit)))})\\.?`;
const days = unit(['day', 'week', 'month', 'year']);
const units = unit(['minute', 'hour', 'day', 'week', 'month', 'year']);

/** A rule for a text that ends with a space, a comma or the end of the whole. */
function rule(source: string, read: Rule['read']): Rule {
  return { pattern: new RegExp(`^(?:${source})(?=[ ,]|$)[ ,]*`), read };
}

/** The first rule that matches the start of the text is used. */
const RULES: readonly Rule[] = [
  { pattern: /^(\d{4})-(\d{2})-(\d{2})(?:t(?=\d)|[ ,]+|$)/, read: ([, y, m, d]) => onDate(y, m, d) },
  rule(String.raw`(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})`, ([, d, m, y]) => onDate(fullYear(y), m, d)),
  rule(String.raw`(\d{1,2})[.:](\d{2}) ?uhr`, ([, h, m]) => atTime(h, m)),
  rule(String.raw`(\d{1,2})(?:[:.](\d{2}))? ?([ap])\.?m\.?`, ([, h, m, half]) => atHalfDay(h, m, half)),
  rule(String.raw`(\d{1,2})\.(\d{1,2})\.?`, ([, d, m], reader) => nextDate(reader, m, d)),
  rule(String.raw`(\d{1,2})\/(\d{1,2})(?:\/(\d{4}|\d{2}))?`, ([, first, second, y], reader) => {
    const [m, d] = reader.monthFirst ? [first, second] : [second, first];
    return y === undefined ? nextDate(reader, m, d) : onDate(fullYear(y), m, d);
  }),
  rule(String.raw`(\d{1,2})(?:st|nd|rd|th|\.)? ?(${month})(?: (\d{4}))?`, ([, d, m = '', y], reader) =>
    onNamedMonth(reader, m, d, y),
  ),
  rule(String.raw`(${month}) (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?`, ([, m = '', d, y], reader) =>
    onNamedMonth(reader, m, d, y),
  ),
  // Without a sign, `14h` is a time.
  rule(String.raw`(\d{1,4}) ?(${days})`, ([, count, name], reader) => later(reader, Number(count), name)),
  rule(String.raw`(\+|-|in) ?(\d{1,4}) ?(${units})`, ([, sign, count, name], reader) =>
    later(reader, Number(count) * (sign === '-' ? -1 : 1), name),
  ),
  rule(`in (?:an?|einem|einer) (${units})`, ([, name], reader) => later(reader, 1, name)),
  rule(String.raw`(\d{1,2}):(\d{2})(?::\d{2})?`, ([, h, m]) => atTime(h, m)),
  rule(String.raw`(\d{1,2})(?: ?uhr| ?h)?`, ([, h]) => atTime(h, '0')),
  rule(`(${any(Object.keys(NAMED_HOURS))})`, ([, text]) => ({ time: (NAMED_HOURS[nameIn(text)] ?? 0) * 60 })),
  rule(`(${any(Object.keys(NAMED_DAYS))})`, ([, text], { today }) => ({
    day: today + (NAMED_DAYS[nameIn(text)] ?? 0) * DAY_MS,
  })),
  rule(`(?:${any(NEXT)}) (${weekday}|${days})`, ([, name], reader) => inNext(reader, nameIn(name))),
  rule(`(${weekday})`, ([, text], { today }) => ({
    day: today + (((WEEKDAYS[nameIn(text)] ?? 0) - weekdayOf(today) + 7) % 7) * DAY_MS,
    weekday: true,
  })),
  rule(any(FILLERS), () => ({})),
];

/** 23:59, in minutes after midnight. */
const LAST_MINUTE = 24 * 60 - 1;

/** A complete instant. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads a date as people type it, in English or German: `tomorrow 9`, `fri`, `+3d`, `3 dec 14:00`, `next monday`, ISO 8601.
 *
 * - A weekday, or a time alone, is the next such moment. `next` means the following calendar week, month or year.
 * - A date without a year is the next one, today included.
 * - Minutes and hours count from now; days and longer keep the default time.
 */
export function readDate(typed: string, context: DateContext): DateReading {
  const complete = typed.trim();
  if (RFC3339.test(complete)) return readRfc3339(complete);
  const reader: Reader = { ...context, today: startOfDay(toWallTime(context.now, context.timeZone)) };
  const parts: Parts = {};
  let rest = complete.normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ');
  if (rest === '') return { ok: false, problem: 'empty', word: '' };
  while (rest !== '') {
    const found = readNext(rest, reader);
    const word = rest.slice(0, found?.length ?? rest.length).split(/[ ,]+$/)[0] ?? '';
    if (found === undefined) return { ok: false, problem: 'unknown', word: rest.split(/[ ,]/)[0] ?? rest };
    if (found.parts === 'impossible') return { ok: false, problem: 'impossible', word };
    if (conflict(parts, found.parts)) return { ok: false, problem: 'repeated', word };
    Object.assign(parts, found.parts);
    rest = rest.slice(found.length);
  }
  if (parts.instant !== undefined) return result(parts.instant, context.timeZone, false);
  if (parts.day === undefined && parts.time === undefined) return { ok: false, problem: 'unknown', word: complete };
  return toResult(parts, reader);
}

function readNext(rest: string, reader: Reader): { parts: Parts | 'impossible'; length: number } | undefined {
  for (const { pattern, read } of RULES) {
    const match = pattern.exec(rest);
    if (match !== null) return { parts: read(match, reader), length: match[0].length };
  }
  return undefined;
}

function conflict(before: Parts, added: Parts): boolean {
  const both = (name: 'day' | 'time') => before[name] !== undefined && added[name] !== undefined;
  const whole = (parts: Parts) => parts.instant !== undefined;
  const some = (parts: Parts) => Object.keys(parts).length > 0;
  return both('day') || both('time') || (whole(before) && some(added)) || (some(before) && whole(added));
}

/** Adds what the parts leave open. */
function toResult({ day, time, weekday }: Parts, { now, today, timeZone, defaultTime }: Reader): DateReading {
  let start = day ?? today;
  let minutes = time ?? defaultTime;
  const instant = () => toInstant(start + minutes * MINUTE_MS, timeZone);
  if (instant() <= now) {
    if (day === undefined) start += DAY_MS;
    else if (weekday) start += 7 * DAY_MS;
    // Today, after the default time.
    else if (day === today && time === undefined) minutes = LAST_MINUTE;
  }
  return result(instant(), timeZone, toWallTime(instant(), timeZone) !== start + minutes * MINUTE_MS);
}

function result(instant: number, timeZone: string, moved: boolean): DateReading {
  const year = new Date(instant).getUTCFullYear();
  // The API has years from 1 to 9999, and an offset may add or take a day.
  if (year < 2 || year > 9998) return { ok: false, problem: 'impossible', word: String(year) };
  return { ok: true, instant, text: formatRfc3339(instant, timeZone), moved };
}

function readRfc3339(text: string): DateReading {
  const instant = Date.parse(text);
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  if (Number.isNaN(instant) || year === 0 || wallDate(year, month, day) === undefined || /T24/i.test(text)) {
    return { ok: false, problem: 'impossible', word: text };
  }
  return { ok: true, instant, text: text.toUpperCase(), moved: false };
}

function onDate(year: string | undefined, month: string | undefined, day: string | undefined): Parts | 'impossible' {
  const date = wallDate(Number(year), Number(month), Number(day));
  return date === undefined || Number(year) === 0 ? 'impossible' : { day: date };
}

/** The next date without a year, today included. */
function nextDate({ today }: Reader, month: string | undefined, day: string | undefined): Parts | 'impossible' {
  const thisYear = new Date(today).getUTCFullYear();
  // The 29th of February is at most eight years ahead.
  for (let year = thisYear; year <= thisYear + 8; year++) {
    const date = wallDate(year, Number(month), Number(day));
    if (date !== undefined && date >= today) return { day: date };
  }
  return 'impossible';
}

function onNamedMonth(reader: Reader, name: string, day: string | undefined, year: string | undefined) {
  const month = String(MONTHS[nameIn(name)]);
  return year === undefined ? nextDate(reader, month, day) : onDate(year, month, day);
}

function later({ now, today }: Reader, count: number, name: string | undefined): Parts | 'impossible' {
  switch (UNITS[nameIn(name)]) {
    case 'minute':
      return { instant: toFullMinute(now) + count * MINUTE_MS };
    case 'hour':
      return { instant: toFullMinute(now) + count * 60 * MINUTE_MS };
    case 'day':
      return { day: today + count * DAY_MS };
    case 'week':
      return { day: today + 7 * count * DAY_MS };
    case 'month':
      return { day: addMonths(today, count) };
    case 'year':
      return { day: addMonths(today, 12 * count) };
    default:
      return 'impossible';
  }
}

function toFullMinute(instant: number): number {
  return Math.floor(instant / MINUTE_MS) * MINUTE_MS;
}

function inNext({ today }: Reader, name: string): Parts | 'impossible' {
  const monday = today - weekdayOf(today) * DAY_MS;
  const weekday = WEEKDAYS[name];
  if (weekday !== undefined) return { day: monday + (7 + weekday) * DAY_MS };
  const date = new Date(today);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  if (UNITS[name] === 'week') return { day: monday + 7 * DAY_MS };
  if (UNITS[name] === 'month') return { day: addMonths(wallDate(year, month, 1) ?? today, 1) };
  if (UNITS[name] === 'year') return { day: wallDate(year + 1, 1, 1) ?? today };
  return 'impossible';
}

function atTime(hour: string | undefined, minute: string | undefined): Parts | 'impossible' {
  const [h, m] = [Number(hour), Number(minute)];
  return h > 23 || m > 59 ? 'impossible' : { time: h * 60 + m };
}

function atHalfDay(hour: string | undefined, minute = '0', half: string | undefined): Parts | 'impossible' {
  const [h, m] = [Number(hour), Number(minute)];
  if (h < 1 || h > 12 || m > 59) return 'impossible';
  return { time: ((h % 12) + (half === 'p' ? 12 : 0)) * 60 + m };
}

function fullYear(year = ''): string {
  return year.length === 2 ? `20${year}` : year;
}

/** A name without the period of an abbreviation. */
function nameIn(text = ''): string {
  return text.replace(/\.$/, '');
}
