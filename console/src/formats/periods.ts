import {
  DAY_MS,
  formatRfc3339,
  startOfDay,
  toInstant,
  toWallTime,
  type WallTime,
  wallDate,
  weekdayOf,
} from './zoned-time.ts';

/** A part of the calendar in a time zone: from an instant to another, which does not belong to it. In RFC 3339. */
export interface Period {
  from: string;
  to: string;
}

/** The day with an instant, and the `days - 1` that follow. */
export function daysFrom(now: number, days: number, timeZone: string): Period {
  return period(startOfDay(toWallTime(now, timeZone)), days, timeZone);
}

/** The week with an instant, from Monday. */
export function weekOf(now: number, timeZone: string): Period {
  const today = startOfDay(toWallTime(now, timeZone));
  return period(today - weekdayOf(today) * DAY_MS, 7, timeZone);
}

/** A day as `2030-01-31`. Undefined if there is no such day. */
export function dayNamed(name: string, timeZone: string): Period | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(name) ?? [];
  const start = wallDate(Number(year), Number(month), Number(day));
  return start === undefined || Number.isNaN(start) ? undefined : period(start, 1, timeZone);
}

/** The name of the day that an instant is in, such as `2030-01-31`. */
export function dayName(instant: number, timeZone: string): string {
  return new Date(toWallTime(instant, timeZone)).toISOString().slice(0, 10);
}

/** The names of the days of a period. */
export function dayNames({ from, to }: Period, timeZone: string): string[] {
  const first = startOfDay(toWallTime(Date.parse(from), timeZone));
  const end = startOfDay(toWallTime(Date.parse(to), timeZone));
  const count = Math.round((end - first) / DAY_MS);
  return Array.from({ length: count }, (_, index) => new Date(first + index * DAY_MS).toISOString().slice(0, 10));
}

/** The offset belongs to each end: days on which clocks change are 23 or 25 hours long. */
function period(start: WallTime, days: number, timeZone: string): Period {
  const at = (wall: WallTime) => formatRfc3339(toInstant(wall, timeZone), timeZone);
  return { from: at(start), to: at(start + days * DAY_MS) };
}
