import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/** Logs one line a request, with the route's pattern and the token's ID. Tokens, personal data and bodies are never logged. */
export function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    logger.info(
      {
        requestId: request.id,
        method: request.method,
        // Not the path, which may contain personal data or a token.
        route: request.pattern,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
        tokenId: request.principal?.tokenId ?? null,
        // Why a valid token got 403; omitted if it did not.
        missingScope: request.missingScope ?? undefined,
        denied: request.principal?.denied,
      },
      'request',
    );
    done();
  });
}
