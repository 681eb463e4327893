import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/**
 * One line a request. The route's pattern stands for the path and the token's id for the token: no token, name,
 * address or body reaches the log.
 */
export function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    logger.info(
      {
        requestId: request.id,
        method: request.method,
        // A path that matches no route may hold anything.
        route: request.pattern,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
        tokenId: request.principal?.tokenId ?? null,
        // Why a recognised token was refused. Left out of the line where there is nothing to say.
        missingScope: request.missingScope ?? undefined,
        denied: request.principal?.denied,
      },
      'request',
    );
    done();
  });
}
