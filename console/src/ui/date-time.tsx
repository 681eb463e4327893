import { useSyncExternalStore } from 'react';
import { logDate, longDate, relativeDate, shortDate } from '../formats/dates.ts';

/** The current minute, in milliseconds since the epoch: components render again when it changes. */
export function useMinute(): number {
  return useSyncExternalStore(followMinutes, currentMinute);
}

function currentMinute(): number {
  return Math.floor(Date.now() / 60_000) * 60_000;
}

function followMinutes(listener: () => void): () => void {
  const timer = setInterval(listener, 5_000);
  return () => clearInterval(timer);
}

interface DateTimeProps {
  /** RFC 3339. */
  value: string;
  /** `short`: today 14:00. `relative`: 2 hours ago. `log`: with seconds. */
  form?: 'short' | 'relative' | 'log';
}

/** A date in the reader's zone and language; its tooltip is the whole date with the zone. */
export function DateTime({ value, form = 'short' }: DateTimeProps) {
  const now = useMinute();
  const formatted = { short: shortDate, relative: relativeDate, log: logDate }[form](value, now);
  return (
    <time dateTime={value} title={longDate(value)}>
      {formatted}
    </time>
  );
}
