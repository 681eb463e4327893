import { useSyncExternalStore } from 'react';
import { logDate, longDate, relativeDate, shortDate } from '../formats/dates.ts';

/** How long after the clock a minute changes on the screen, at most. */
const POLL_INTERVAL_MS = 5_000;

/** The current minute, in milliseconds since the epoch: components render again when it changes. */
export function useMinute(): number {
  return useSyncExternalStore(followMinutes, currentMinute);
}

function currentMinute(): number {
  return Math.floor(Date.now() / 60_000) * 60_000;
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all: a list has hundreds of dates. */
function followMinutes(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const one of listeners) one();
  }, POLL_INTERVAL_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

interface DateTimeProps {
  /** RFC 3339. */
  value: string;
  /** `short`: today 14:00. `relative`: 2 hours ago. `log`: with seconds. */
  form?: 'short' | 'relative' | 'log';
}

/** A date in the reader's zone and language; its tooltip is the whole date with the zone. */
export function DateTime({ value, form = 'short' }: DateTimeProps) {
  const minute = useMinute();
  // Seconds ago, seen from the start of the minute, would be in the future.
  const now = form === 'relative' ? Date.now() : minute;
  const formatted = { short: shortDate, relative: relativeDate, log: logDate }[form](value, now);
  return (
    <time dateTime={value} title={longDate(value)}>
      {formatted}
    </time>
  );
}
