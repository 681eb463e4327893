const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}:\d{2}).*?(?:[Zz]|([+-]\d{2}:\d{2}))$/;

/**
 * A due date for people, in the offset that it was sent with: `2026-06-01T14:00:00+02:00` is
 * `1 June 2026, 14:00 (UTC+02:00)`. Seconds are left out.
 *
 * @param dueDate as a task has it, with a zone.
 */
export function formatDueDate(dueDate: string): string {
  const [, year, month, day, time, offset = '+00:00'] = DATE_TIME.exec(dueDate) as string[];
  const zone = offset.endsWith('00:00') ? 'UTC' : `UTC${offset}`;
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time} (${zone})`;
}
