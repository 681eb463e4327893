const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}:\d{2}).*?(?:[Zz]|([+-]\d{2}:\d{2}))$/;

/**
 * Formats a due date for people, in its own offset: `2026-06-01T14:00:00+02:00` becomes `1 June 2026, 14:00 (UTC+02:00)`.
 * Seconds are left out.
 *
 * @param dueDate in RFC 3339, as tasks store it.
 */
export function formatDueDate(dueDate: string): string {
  const [, year, month, day, time, offset = '+00:00'] = DATE_TIME.exec(dueDate) as string[];
  const zone = offset.endsWith('00:00') ? 'UTC' : `UTC${offset}`;
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time} (${zone})`;
}
