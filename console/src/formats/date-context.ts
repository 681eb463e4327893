import { currentLocale } from '../i18n/t.ts';
import { TIME_ZONE } from './dates.ts';
import type { DateContext } from './read-date.ts';
import { MINUTE_MS, startOfDay, toWallTime } from './zoned-time.ts';

/** The time of a due date that was typed without one: 17:00. */
const DEFAULT_TIME = 17 * 60;

/**
 * How the reader types dates, now.
 *
 * @param current a date in RFC 3339 whose time of day is kept if only a day is typed.
 */
export function dateContext(current?: string): DateContext {
  const parts = new Intl.DateTimeFormat(currentLocale()).formatToParts();
  const monthFirst = parts.find(({ type }) => type === 'month' || type === 'day')?.type === 'month';
  const wall = current === undefined ? undefined : toWallTime(Date.parse(current), TIME_ZONE);
  const defaultTime = wall === undefined ? DEFAULT_TIME : Math.floor((wall - startOfDay(wall)) / MINUTE_MS);
  return { now: Date.now(), timeZone: TIME_ZONE, defaultTime, monthFirst };
}
