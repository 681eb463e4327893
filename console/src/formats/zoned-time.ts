/**
 * A wall-clock time: what a clock in some time zone shows, as the milliseconds of the same date and time in UTC. Days can be
 * added to it without regard to daylight saving time.
 */
export type WallTime = number;

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock in a time zone shows at an instant, to the second. @param instant milliseconds since the epoch. */
export function toWallTime(instant: number, timeZone: string): WallTime {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', era: 'short' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    formats.set(timeZone, format);
  }
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of format.formatToParts(instant)) part[type] = value;
  const year = part.era === 'BC' ? 1 - Number(part.year) : Number(part.year);
  const wall = new Date(0);
  // `Date.UTC` would read years below 100 as those of the 20th century.
  wall.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
  wall.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
  return wall.getTime();
}

/**
 * The instant at which the clock shows a time. Of two, when clocks go back, the earlier. If there is none, because clocks go
 * forward, the instant as much later as they are advanced: 02:30 is then 03:30.
 */
export function toInstant(wall: WallTime, timeZone: string): number {
  const offsetAt = (instant: number) => toWallTime(instant, timeZone) - instant;
  const before = wall - offsetAt(wall - DAY_MS);
  const after = wall - offsetAt(wall + DAY_MS);
  const matching = [before, after].filter((instant) => toWallTime(instant, timeZone) === wall);
  return matching.length === 0 ? before : Math.min(...matching);
}

/** An instant in RFC 3339, with the offset of the time zone: emails show a due date in its own offset. */
export function formatRfc3339(instant: number, timeZone: string): string {
  const wall = toWallTime(instant, timeZone);
  const minutes = Math.round((wall - Math.floor(instant / 1000) * 1000) / MINUTE_MS);
  const text = new Date(wall).toISOString().slice(0, 19);
  if (minutes === 0) return `${text}Z`;
  const pad = (number: number) => String(number).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${text}${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** The wall-clock time of a calendar date. The month is 1 to 12. Undefined if there is no such date, such as 30 February. */
export function wallDate(year: number, month: number, day: number): WallTime | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** The start of the day. */
export function startOfDay(wall: WallTime): WallTime {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}

/** The day of the week: 0 is Monday. */
export function weekdayOf(wall: WallTime): number {
  return (new Date(wall).getUTCDay() + 6) % 7;
}

/** The same day in a later or earlier month, or the last of that month if it is shorter. */
export function addMonths(wall: WallTime, months: number): WallTime {
  const date = new Date(wall);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}
