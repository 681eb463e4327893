import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseTraceparent } from '../tracing/traceparent.ts';
import { type Attributes, type Span, type Tracing, toTraceparent } from '../tracing/tracing.ts';

/** Other methods are recorded under one name, because a client can invent any number. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE', 'CONNECT']);

/**
 * Records a span for every request, with the semantic conventions of OpenTelemetry for HTTP servers. Paths, queries,
 * addresses and user agents are left out: they may contain personal data or a token.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, reply, done) => {
    const span = startSpan(request, tracing);
    spans.set(request, span);
    request.traceparent = toTraceparent(span);
    // If it has not ended, the client has closed the connection.
    reply.raw.once('close', () => {
      if (spans.get(request) !== span) return;
      span.setAttribute('error.type', 'client_disconnected');
      endSpan(span, request, reply, tracing);
    });
    tracing.with(span, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    spans.delete(request);
    if (span !== undefined) endSpan(span, request, reply, tracing);
    done();
  });
  // The body has been read in other calls from the event loop.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else tracing.with(span, done);
  });
}

function startSpan(request: FastifyRequest, tracing: Tracing): Span {
  const { headers, protocol, raw, id } = request;
  const method = METHODS.has(request.method) ? request.method : '_OTHER';
  const { traceparent, tracestate } = headers;
  const parent = {
    traceparent: traceparent && parseTraceparent(String(traceparent)),
    tracestate: tracestate && String(tracestate),
  };
  return tracing.startFrom(parent, 'SERVER', method === '_OTHER' ? 'HTTP' : method, {
    'http.request.method': method,
    'url.scheme': protocol,
    'network.protocol.version': raw.httpVersion,
    'http.response.header.x-request-id': [id],
  });
}

function endSpan(span: Span, request: FastifyRequest, reply: FastifyReply, tracing: Tracing): void {
  const { pattern, method } = request;
  const { statusCode } = reply;
  const attributes: Attributes = { 'http.response.status_code': statusCode };
  if (pattern !== null) {
    attributes['http.route'] = pattern;
    span.updateName(`${method} ${pattern}`);
  }
  span.setAttributes(attributes);
  if (statusCode >= 500) tracing.fail(span, String(statusCode));
  span.end();
}
