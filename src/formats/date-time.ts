/**
 * An RFC 3339 date-time with a year from 0001, and with optional seconds, up to nine fractional digits and an optional
 * zone. A leap second does not match. Whether the month has that day is checked by {@link parse}.
 */
const DATE_TIME =
  /^(?!0000)\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/;

/** A date-time without seconds, up to where the seconds belong. */
const WITHOUT_SECONDS = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?!:)/i;

/** Whether a text is a valid date-time. */
export function isDateTime(text: string): boolean {
  return parse(text) !== undefined;
}

/** A date-time with seconds: `:00` is added if there are none. */
export function withSeconds(text: string): string {
  return text.replace(WITHOUT_SECONDS, '$1:00');
}

/** A date-time as RFC 3339 requires it: without seconds it gets `:00`, without a zone `Z`. */
export function toRfc3339(text: string): string {
  const complete = withSeconds(text);
  return DATE_TIME.exec(complete)?.[1] === undefined ? `${complete}Z` : complete;
}

/** Microseconds since the epoch, rounded down. The text must be a valid date-time. */
export function toMicroseconds(text: string): bigint {
  const { epochNanoseconds } = parse(text) as Temporal.Instant;
  const rest = ((epochNanoseconds % 1000n) + 1000n) % 1000n;
  return (epochNanoseconds - rest) / 1000n;
}

/** Milliseconds since the epoch, rounded down. The text must be a valid date-time. */
export function toMilliseconds(text: string): number {
  return (parse(text) as Temporal.Instant).epochMilliseconds;
}

/** Formats milliseconds since the epoch as responses show them: in UTC, with milliseconds. */
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
