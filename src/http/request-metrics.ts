import type { FastifyInstance } from 'fastify';
import type { RequestDurations } from '../metrics/request-durations.ts';

/** Records the duration of every request under the pattern of its route: a path would contain ids. */
export function measureRequests(app: FastifyInstance, durations: RequestDurations): void {
  app.addHook('onResponse', (request, reply, done) => {
    durations.record(request.pattern, request.method, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
}
