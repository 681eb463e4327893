import fc from '../support/fast-check.ts';

/**
 * Date-times and their instants, computed independently: without Temporal and Date, which the program
 * uses.
 */
export interface DateTime {
  /** As a client sends it. */
  text: string;
  /** As responses return it: with a zone. */
  shown: string;
  /** Its instant, in microseconds since the epoch, rounded down. */
  micros: bigint;
}

const DAY = 86_400_000_000n;
const MINUTE = 60_000_000n;

/** The days from 1 January 1970 to a day of the proleptic Gregorian calendar. */
export function daysToDate(year: number, month: number, day: number): number {
  // Years begin in March here, so that a leap day is the last of its year.
  const y = month > 2 ? year : year - 1;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * y + leapDays + dayOfYear - 719_468;
}

/** The number of days of a month. */
export function daysInMonth(year: number, month: number): number {
  return month === 12 ? 31 : daysToDate(year, month + 1, 1) - daysToDate(year, month, 1);
}

const FIRST = BigInt(daysToDate(1, 1, 1)) * DAY;
const LAST = BigInt(daysToDate(10_000, 1, 1)) * DAY - 1n;

/** A notation of an instant. */
export interface Spelling {
  /** The offset from UTC in minutes. Null for a date-time without a zone. */
  zone: number | null;
  /** Whether `t` and `z` are in lower case. */
  small: boolean;
  /** Digits of nanoseconds, below the microsecond. */
  finer: string;
  /** Whether trailing zeros are omitted, including zero seconds. */
  short: boolean;
}

export const spelling: fc.Arbitrary<Spelling> = fc.record({
  zone: fc.oneof(
    fc.constantFrom(null, 0, 60, -300, 330, 23 * 60 + 59, -23 * 60 - 59),
    fc.integer({ min: -1439, max: 1439 }),
  ),
  small: fc.boolean(),
  finer: fc.constantFrom('', '', '0', '9', '99', '001', '999'),
  short: fc.boolean(),
});

/** Formats an instant in this notation; in UTC if the year in the zone would be out of range. */
export function spell(micros: bigint, { zone, small, finer, short }: Spelling): DateTime {
  const offset = BigInt(zone ?? 0) * MINUTE;
  const inZone = micros + offset >= FIRST && micros + offset <= LAST;
  const local = inZone ? micros + offset : micros;
  const ofDay = ((local % DAY) + DAY) % DAY;
  const { year, month, day } = toDate(Number((local - ofDay) / DAY));
  const seconds = Number(ofDay / 1_000_000n);
  let fraction = `${pad(Number(ofDay % 1_000_000n), 6)}${finer}`;
  if (short) fraction = fraction.replace(/0+$/, '');
  let time = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}`;
  if (!short || seconds % 60 !== 0 || fraction !== '') time += `:${pad(seconds % 60, 2)}${fraction && `.${fraction}`}`;
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}${small ? 't' : 'T'}`;
  const shownTime = time.length === 'hh:mm'.length ? `${time}:00` : time;
  if (inZone && zone === null) return { text: date + time, shown: `${date}${shownTime}Z`, micros };
  const end = inZone && zone !== 0 ? formatZone(zone as number) : small ? 'z' : 'Z';
  return { text: date + time + end, shown: date + shownTime + end, micros };
}

/** Any instant in the years 1 to 9999. */
export const instant = fc.bigInt({ min: FIRST, max: LAST });

export const dateTime: fc.Arbitrary<DateTime> = fc.tuple(instant, spelling).map(([micros, how]) => spell(micros, how));

function toDate(days: number): { year: number; month: number; day: number } {
  let year = Math.floor(days / 365.2425) + 1970;
  while (daysToDate(year, 1, 1) > days) year--;
  while (daysToDate(year + 1, 1, 1) <= days) year++;
  let month = 1;
  while (month < 12 && daysToDate(year, month + 1, 1) <= days) month++;
  return { year, month, day: days - daysToDate(year, month, 1) + 1 };
}

function formatZone(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
