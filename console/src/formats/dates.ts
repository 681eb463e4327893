import { currentLocale, t } from '../i18n/t.ts';

const DAY_MS = 86_400_000;

/** The reader's time zone, such as `Europe/Berlin`. */
export const TIME_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([currentLocale(), options]);
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(currentLocale(), options);
    formats.set(key, found);
  }
  return found;
}

/** A date for a list: `today 14:00`, `tomorrow 9:30 AM`, `Fri 16:00`, `12 Mar`, `12 Mar 2024`. In the reader's zone. */
export function shortDate(iso: string, now: number): string {
  const date = new Date(iso);
  const time = format({ timeStyle: 'short' }).format(date);
  const days = daysBetween(now, date.getTime());
  if (days === 0) return t('ui.today', { time });
  if (days === 1) return t('ui.tomorrow', { time });
  if (days === -1) return t('ui.yesterday', { time });
  if (days > 1 && days < 7) return `${format({ weekday: 'short' }).format(date)} ${time}`;
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return format({ day: 'numeric', month: 'short', ...(!isThisYear && { year: 'numeric' }) }).format(date);
}

/** The whole date with the time and the zone, as the tooltip of a short one. */
export function longDate(iso: string): string {
  return format({ dateStyle: 'full', timeStyle: 'long' }).format(new Date(iso));
}

/** A date and time with seconds, for logs. */
export function logDate(iso: string): string {
  return format({ dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso));
}

/** How long ago or in how long: `in 3 hours`, `2 days ago`. Days are those of the calendar, so that `yesterday` is yesterday. */
export function relativeDate(iso: string, now: number): string {
  const time = Date.parse(iso);
  const relative = new Intl.RelativeTimeFormat(currentLocale(), { numeric: 'auto' });
  if (Math.abs(time - now) >= DAY_MS) return relative.format(daysBetween(now, time), 'day');
  const seconds = (time - now) / 1000;
  const units = [
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return relative.format(Math.round(seconds), 'second');
}

/** From midnight to midnight, since a day on which clocks change is 23 or 25 hours long. */
function daysBetween(from: number, to: number): number {
  return Math.round((startOfDay(to) - startOfDay(from)) / DAY_MS);
}

/** Midnight in the reader's zone, in milliseconds since the epoch. */
export function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
