import type { FastifyReply } from 'fastify';
import type { Plan, Plans } from '../config/rate-limits.ts';
import type { Principal } from '../domain/principal.ts';
import { type ApiError, rateLimitExceeded } from '../http/errors/api-error.ts';
import type { Allowance, Limiter } from './rate-limiter.ts';

/** Holds every token to its plan, and tells it on every answer what is left (contract, section 5). */
export class RateLimits {
  readonly #plans: Plans;
  readonly #limiter: Limiter;
  readonly #clock: () => number;

  /** @param clock the time, in milliseconds since the epoch. */
  constructor(plans: Plans, limiter: Limiter, clock: () => number) {
    this.#plans = plans;
    this.#limiter = limiter;
    this.#clock = clock;
  }

  /**
   * Counts a request, sets the headers, and returns the 429 when it is one too many. A promise only when other
   * processes count too.
   */
  count(principal: Principal, reply: FastifyReply): ApiError | undefined | Promise<ApiError | undefined> {
    // A plan that is configured no more leaves its tokens with the smallest allowance, not without a limit.
    const plan = this.#plans.get(principal.plan) ?? (this.#plans.get('basic') as Plan);
    const allowance = this.#limiter.count(principal.tokenId, plan);
    if (allowance instanceof Promise) return allowance.then((found) => this.#tell(found, reply));
    return this.#tell(allowance, reply);
  }

  #tell(allowance: Allowance | undefined, reply: FastifyReply): ApiError | undefined {
    if (allowance === undefined) return undefined;
    reply.header('x-ratelimit-limit', allowance.limit);
    reply.header('x-ratelimit-remaining', allowance.remaining);
    reply.header('x-ratelimit-reset', Math.ceil(allowance.resetsAt / 1000));
    return allowance.allowed ? undefined : tooMany(allowance, this.#clock());
  }
}

/** The 429 that says when the window is over; `now` in milliseconds since the epoch. */
export function tooMany({ resetsAt }: Pick<Allowance, 'resetsAt'>, now: number): ApiError {
  // Clocks of several processes differ a little: never none at all.
  return rateLimitExceeded(Math.max(1, Math.ceil((resetsAt - now) / 1000)));
}
