import type { FastifyReply } from 'fastify';
import type { Plan, Plans } from '../config/rate-limits.ts';
import type { Principal } from '../domain/principal.ts';
import { type ApiError, rateLimitExceeded } from '../http/errors/api-error.ts';
import type { Allowance, Limiter } from './rate-limiter.ts';

/** How many items of a batch count as one request. */
const ITEMS_PER_REQUEST = 10;

/** Counts requests that were rejected. */
interface RejectionCounter {
  inc(labels: { plan: string }): void;
}

/** Enforces the plan of each token, and reports what is left in the headers of every response. */
export class RateLimits {
  readonly #plans: Plans;
  readonly #limiter: Limiter;
  readonly #clock: () => number;
  readonly #rejections: RejectionCounter | undefined;

  /**
   * @param clock the time, in milliseconds since the epoch.
   * @param rejections counts rejected requests by plan.
   */
  constructor(plans: Plans, limiter: Limiter, clock: () => number, rejections?: RejectionCounter) {
    this.#plans = plans;
    this.#limiter = limiter;
    this.#clock = clock;
    this.#rejections = rejections;
  }

  /** Counts a request and sets the headers. Returns the 429 if the limit is exceeded. A promise only if limits are shared. */
  count(principal: Principal, reply: FastifyReply): ApiError | undefined | Promise<ApiError | undefined> {
    return this.#count(principal, 1, reply);
  }

  /** As {@link count}, for the items of a batch: every {@link ITEMS_PER_REQUEST} count as one more request. */
  countItems(
    principal: Principal,
    items: number,
    reply: FastifyReply,
  ): ApiError | undefined | Promise<ApiError | undefined> {
    const requests = Math.floor(items / ITEMS_PER_REQUEST);
    return requests === 0 ? undefined : this.#count(principal, requests, reply);
  }

  #count(
    principal: Principal,
    requests: number,
    reply: FastifyReply,
  ): ApiError | undefined | Promise<ApiError | undefined> {
    // A token whose plan was removed from the configuration gets the smallest plan, not an unlimited one.
    const plan = this.#plans.get(principal.plan) ?? (this.#plans.get('basic') as Plan);
    const allowance = this.#limiter.count(principal.tokenId, plan, requests);
    if (allowance instanceof Promise)
      return allowance.then((counted) => this.#report(counted, principal, reply, requests));
    return this.#report(allowance, principal, reply, requests);
  }

  #report(
    allowance: Allowance | undefined,
    principal: Principal,
    reply: FastifyReply,
    requests: number,
  ): ApiError | undefined {
    if (allowance === undefined) return undefined;
    reply.header('x-ratelimit-limit', allowance.limit);
    reply.header('x-ratelimit-remaining', allowance.remaining);
    reply.header('x-ratelimit-reset', Math.ceil(allowance.resetsAt / 1000));
    if (allowance.allowed) return undefined;
    // A name that is not configured any more would add a series for each such token.
    this.#rejections?.inc({ plan: this.#plans.has(principal.plan) ? principal.plan : 'basic' });
    return rateLimitExceededUntil(allowance.retryAt, this.#clock(), requests);
  }
}

/**
 * 429 until an instant. Both times are milliseconds since the epoch.
 *
 * @param requests how many requests were to be counted.
 */
export function rateLimitExceededUntil(instant: number, now: number, requests = 1): ApiError {
  // At least 1: the clocks of several processes differ a little.
  return rateLimitExceeded(Math.max(1, Math.ceil((instant - now) / 1000)), requests);
}
