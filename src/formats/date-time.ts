/**
 * RFC 3339 as the contract's section 1 takes it: years from 0001, seconds optional, up to nine digits of a fraction, and
 * possibly no zone. A leap second is refused. Whether the month has the day is not seen here.
 */
const DATE_TIME =
  /^(?!0000)\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/;

/** A date-time that has no seconds, up to where they belong. */
const WITHOUT_SECONDS = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?!:)/i;

/** Whether a text names an instant. */
export function isDateTime(text: string): boolean {
  return parse(text) !== undefined;
}

/** A date-time as RFC 3339 has it: with `:00` where it has no seconds, and `Z` where it has no zone. */
export function toRfc3339(text: string): string {
  const complete = withSeconds(text);
  return DATE_TIME.exec(complete)?.[1] === undefined ? `${complete}Z` : complete;
}

/** A date-time with seconds: `:00` if it has none. Rows written by earlier versions may have none. */
export function withSeconds(text: string): string {
  return text.replace(WITHOUT_SECONDS, '$1:00');
}

/** The instant that a text names, in microseconds since the epoch; what is finer is cut off. It must be a date-time. */
export function toMicroseconds(text: string): bigint {
  const { epochNanoseconds } = parse(text) as Temporal.Instant;
  const rest = ((epochNanoseconds % 1000n) + 1000n) % 1000n;
  return (epochNanoseconds - rest) / 1000n;
}

/** The instant that a text names, in milliseconds since the epoch; what is finer is cut off. It must be a date-time. */
export function toMilliseconds(text: string): number {
  return (parse(text) as Temporal.Instant).epochMilliseconds;
}

/** An instant as responses show it, in UTC; `milliseconds` since the epoch. */
export function formatInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function parse(text: string): Temporal.Instant | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  try {
    return Temporal.Instant.from(toRfc3339(text));
  } catch {
    return undefined;
  }
}
