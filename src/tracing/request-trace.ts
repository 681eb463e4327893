import type { FastifyRequest } from 'fastify';
import { parseTraceparent, traceFields, traceparentFrom } from './traceparent.ts';

/**
 * The trace that the request belongs to, as a valid `traceparent`; undefined if it has no such header and no SDK records
 * traces. It comes from the client: it only labels what follows from the request, and nothing is decided by it.
 */
export function traceparentOf(request: FastifyRequest): string | undefined {
  if (request.traceparent === null) {
    const { traceparent: header } = request.headers;
    // An invalid header starts a new trace, as the specification requires. A request ID ends with a UUID.
    request.traceparent =
      header === undefined ? undefined : (parseTraceparent(String(header)) ?? traceparentFrom(request.id.slice(-36)));
  }
  return request.traceparent;
}

/** What identifies a request in log lines. */
export interface RequestFields {
  requestId: string;
  trace_id?: string;
}

export function requestFields(request: FastifyRequest): RequestFields {
  return { requestId: request.id, ...traceFields(traceparentOf(request)) };
}
