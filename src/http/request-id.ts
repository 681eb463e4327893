import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** A new request id. The client's own `X-Request-Id` is never taken over: it could not be trusted to be unique. */
export function generateRequestId(): string {
  return `req-${randomUUID()}`;
}

/** Every answer carries `X-Request-Id`. */
export function sendRequestId(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
}
