import type { FastifyInstance } from 'fastify';
import type { Plans } from '../config.ts';
import { rateLimitExceeded } from './errors.ts';
import { RateLimiter } from './rate-limiter.ts';

export interface RateLimitsOptions {
  plans: Plans;
  /** The time, in milliseconds since the epoch. */
  clock: () => number;
}

/** Holds every token to its plan, and tells it on every answer what is left (contract, section 5). */
export function limitRates(app: FastifyInstance, { plans, clock }: RateLimitsOptions): void {
  const limiter = new RateLimiter(clock);

  app.addHook('onRequest', (request, reply, done) => {
    const { principal } = request;
    // A plan that is configured no more leaves its tokens with the smallest allowance, not without a limit.
    const plan = principal && (plans.get(principal.plan) ?? plans.get('basic'));
    const allowance = plan && limiter.count(principal.tokenId, plan);
    if (!allowance) {
      done();
      return;
    }
    reply.header('x-ratelimit-limit', allowance.limit);
    reply.header('x-ratelimit-remaining', allowance.remaining);
    reply.header('x-ratelimit-reset', Math.ceil(allowance.resetsAt / 1000));
    done(allowance.allowed ? undefined : rateLimitExceeded(Math.ceil((allowance.resetsAt - clock()) / 1000)));
  });
}
