import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type DragEvent, useState } from 'react';
import type { Task } from '#client';
import { api } from '../api/client.ts';
import { TASKS } from '../api/records.ts';
import { TIME_ZONE } from '../formats/dates.ts';
import { dayName, dayNamed, dayNames, daysFrom, type Period } from '../formats/periods.ts';
import { currentLocale, formatNumber, t } from '../i18n/t.ts';
import { useMinute } from '../ui/date-time.tsx';
import styles from './calendar-strip.module.css';
import { draggedTasks, endDrag } from './drag.ts';
import { OPEN_STATUSES } from './search.ts';

const DAYS = 14;

/** The rows of a page. If more are due, each day is counted by the service. */
const MAX_ROWS = 100;

interface CalendarStripProps {
  /** The day that the list is filtered by, such as `2030-01-31`. */
  day: string | undefined;
  onDay: (day: string | undefined) => void;
  /** Moves tasks that are dropped on a day. */
  onMove: (tasks: readonly Task[], day: string) => void;
}

/** The next two weeks, each day with the number of open tasks that are due. */
export function CalendarStrip({ day, onDay, onMove }: CalendarStripProps) {
  const period = daysFrom(useMinute(), DAYS, TIME_ZONE);
  const { data } = useQuery({
    queryKey: [TASKS.name, 'related', 'days', period.from],
    queryFn: () => countDays(period),
    placeholderData: keepPreviousData,
  });
  return (
    <section className={styles.strip} aria-label={t('tasks.calendar')}>
      {dayNames(period, TIME_ZONE).map((name) => (
        <Day
          key={name}
          name={name}
          count={data?.get(name)}
          isSelected={name === day}
          onSelect={() => onDay(name === day ? undefined : name)}
          onDropTasks={(tasks) => onMove(tasks, name)}
        />
      ))}
    </section>
  );
}

interface DayProps {
  name: string;
  count: number | undefined;
  isSelected: boolean;
  onSelect: () => void;
  onDropTasks: (tasks: readonly Task[]) => void;
}

function Day({ name, count, isSelected, onSelect, onDropTasks }: DayProps) {
  const [isTarget, setIsTarget] = useState(false);
  const date = new Date(`${name}T00:00:00Z`);
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(currentLocale(), { ...options, timeZone: 'UTC' }).format(date);
  const allow = (event: DragEvent) => {
    if (draggedTasks().length === 0) return;
    event.preventDefault();
    setIsTarget(true);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsTarget(false);
    onDropTasks(draggedTasks());
    endDrag();
  };
  const label = `${format({ dateStyle: 'full' })}: ${t('tasks.dueCount', { count: count ?? 0 })}`;
  return (
    <button
      type="button"
      className={`${styles.day} ${isTarget ? styles.target : ''}`}
      aria-pressed={isSelected}
      title={label}
      onClick={onSelect}
      onDragEnter={allow}
      onDragOver={allow}
      onDragLeave={() => setIsTarget(false)}
      onDrop={drop}
      data-day={name}
    >
      <span className="visually-hidden">{label}</span>
      <span className={styles.weekday} aria-hidden="true">
        {format({ weekday: 'short' })}
      </span>
      <span className={styles.number} aria-hidden="true">
        {format({ day: 'numeric' })}
      </span>
      <span className={count ? styles.count : styles.none} aria-hidden="true">
        {count === undefined ? '\u00a0' : formatNumber(count)}
      </span>
    </button>
  );
}

/** The number of open tasks of each day: with one request if they fit in a page. */
async function countDays(period: Period): Promise<ReadonlyMap<string, number>> {
  const query = { taskStatus: [...OPEN_STATUSES], dueAfter: period.from, dueBefore: period.to };
  const { items, next } = await api.tasks.listPage({ ...query, sort: 'dueDate', perPage: MAX_ROWS });
  const days = dayNames(period, TIME_ZONE);
  if (next === undefined) {
    const counts = new Map(days.map((day) => [day, 0]));
    for (const { dueDate } of items) {
      const day = dayName(Date.parse(dueDate), TIME_ZONE);
      counts.set(day, (counts.get(day) ?? 0) + 1);
    }
    return counts;
  }
  const count = async (day: string) => {
    const { from, to } = dayNamed(day, TIME_ZONE) ?? period;
    const page = await api.tasks.listPage({ ...query, dueAfter: from, dueBefore: to, perPage: 1 }, { count: true });
    return [day, page.total ?? 0] as const;
  };
  return new Map(await Promise.all(days.map(count)));
}
