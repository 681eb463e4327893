// `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header) names a trace, and the operation in it that is the
// parent of the next ones. In this service it always has version 00: `00-TRACE_ID-PARENT_ID-FLAGS`.

/** Version, trace, parent and flags. A later version may have more fields. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?=$|-)/;
const LENGTH = 55;
/** The only flag that is passed on: the caller records the trace. */
const SAMPLED = 0x01;

/** A valid header, in version 00; undefined if it is invalid, so that a new trace must be started. */
export function parseTraceparent(header: string): string | undefined {
  const [, version, traceId, parentId, flags = ''] = TRACEPARENT.exec(header) ?? [];
  if (version === undefined || (version === '00' && header.length !== LENGTH)) return undefined;
  return `00-${traceId}-${parentId}-0${Number.parseInt(flags, 16) & SAMPLED}`;
}

/** A new trace that is not recorded, from a random UUID. */
export function traceparentFrom(uuid: string): string {
  const digits = uuid.replaceAll('-', '');
  // The second half begins with the variant of the UUID, and so is not 0.
  return `00-${digits}-${digits.slice(16)}-00`;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** The field of log lines that belong to a trace, under OpenTelemetry's name; none without one. */
export function traceFields(traceparent: string | null | undefined): { trace_id?: string } {
  return traceparent ? { trace_id: traceIdOf(traceparent) } : {};
}
