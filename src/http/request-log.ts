import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import pino, { type DestinationStream, type Logger } from 'pino';
import { traceparentOf } from '../tracing/request-trace.ts';
import { traceIdOf } from '../tracing/traceparent.ts';

/** What pino keeps in a logger: its fields of every line, as JSON with a comma in front, and the destination. */
interface LoggerState {
  [pino.symbols.chindingsSym]: string;
  [pino.symbols.streamSym]: DestinationStream;
}

/**
 * Logs one line a request, with the route's pattern and the token's ID. Tokens, personal data and bodies are never logged.
 * The line has pino's format, but is composed here: `logger.info` takes five times as long.
 */
export function logRequests(app: FastifyInstance, logger: Logger): void {
  const state = logger as unknown as LoggerState;
  const bindings = state[pino.symbols.chindingsSym];
  const destination = state[pino.symbols.streamSym];
  app.decorateRequest('traceparent', null);
  app.addHook('onResponse', (request, reply, done) => {
    if (logger.isLevelEnabled('info')) destination.write(requestLine(request, reply, bindings));
    done();
  });
}

/** The fields whose values come from this service's own code need no escaping. */
function requestLine(request: FastifyRequest, reply: FastifyReply, bindings: string): string {
  const { id, method, pattern, principal, missingScope } = request;
  const durationMs = Math.round(reply.elapsedTime * 1000) / 1000;
  // Not the path, which may contain personal data or a token.
  const route = pattern === null ? 'null' : JSON.stringify(pattern);
  const tokenId = principal === null ? 'null' : JSON.stringify(principal.tokenId);
  // Why a valid token got 403; omitted if it did not.
  const scope = missingScope === null ? '' : `,"missingScope":${JSON.stringify(missingScope)}`;
  const denied = principal?.denied === undefined ? '' : `,"denied":"${principal.denied}"`;
  const traceparent = traceparentOf(request);
  const trace = traceparent === undefined ? '' : `,"trace_id":"${traceIdOf(traceparent)}"`;
  return (
    `{"level":${pino.levels.values.info},"time":${Date.now()}${bindings},"requestId":"${id}","method":"${method}",` +
    `"route":${route},"status":${reply.statusCode},"durationMs":${durationMs},"tokenId":${tokenId}${scope}${denied}${trace},` +
    '"msg":"request"}\n'
  );
}
