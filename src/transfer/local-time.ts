/** Dates as people and spreadsheets write them. Month and day are in American order with slashes, as Outlook exports them. */
const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{1,2}):(\d{2})(?::\d{2})?)?$/;
const AMERICAN_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;

/**
 * The time in RFC 3339 of a date, or of a date and time, in a time zone. A date alone is its beginning. Undefined if it is not
 * understood; a text with a UTC offset is none of these.
 */
export function fromLocalTime(text: string, timeZone: string): string | undefined {
  const iso = ISO_DATE.exec(text);
  const american = AMERICAN_DATE.exec(text);
  const [year, month, day, hour = '0', minute = '0'] = iso?.slice(1) ?? [american?.[3], american?.[1], american?.[2]];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const [y, m, d, h, min] = [year, month, day, hour, minute].map(Number) as [number, number, number, number, number];
  try {
    const local = Temporal.PlainDateTime.from(
      { year: y, month: m, day: d, hour: h, minute: min },
      { overflow: 'reject' },
    );
    return local.toZonedDateTime(timeZone).toInstant().toString();
  } catch {
    return undefined;
  }
}
