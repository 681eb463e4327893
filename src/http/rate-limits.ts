import type { FastifyReply } from 'fastify';
import type { Plan, Plans } from '../config.ts';
import type { Principal } from '../tokens/principal.ts';
import { type ApiError, rateLimitExceeded } from './errors.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Holds every token to its plan, and tells it on every answer what is left (contract, section 5). */
export class RateLimits {
  readonly #plans: Plans;
  readonly #clock: () => number;
  readonly #limiter: RateLimiter;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(plans: Plans, clock: () => number) {
    this.#plans = plans;
    this.#clock = clock;
    this.#limiter = new RateLimiter(clock);
  }

  /** Counts a request, sets the headers, and returns the 429 when it is one too many. */
  count(principal: Principal, reply: FastifyReply): ApiError | undefined {
    // A plan that is configured no more leaves its tokens with the smallest allowance, not without a limit.
    const plan = this.#plans.get(principal.plan) ?? (this.#plans.get('basic') as Plan);
    const allowance = this.#limiter.count(principal.tokenId, plan);
    if (allowance === undefined) return undefined;
    reply.header('x-ratelimit-limit', allowance.limit);
    reply.header('x-ratelimit-remaining', allowance.remaining);
    reply.header('x-ratelimit-reset', Math.ceil(allowance.resetsAt / 1000));
    if (allowance.allowed) return undefined;
    return rateLimitExceeded(Math.ceil((allowance.resetsAt - this.#clock()) / 1000));
  }
}
