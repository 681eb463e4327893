import type { FastifyRequest } from 'fastify';
import type { Principal } from '../domain/principal.ts';
import type { Scope } from '../domain/tokens.ts';
import type { ApiError } from './errors/api-error.ts';

/**
 * Finds what the schemas of a route cannot say: an error for each fault, none of which needs the database. The request may
 * hold values that the schemas refuse.
 *
 * @param rejected the names of the parameters and fields whose values they refuse.
 */
export type Rules = (request: FastifyRequest, rejected: ReadonlySet<string>) => ApiError[];

/** What a route tells of itself, and what is noted on a request on its way. */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for a route that needs no token, false for one that any recognised token may use. */
    public?: boolean;
    /** The scope that the route needs. A route names its scope or says whether it is public. */
    scope?: Scope;
    /**
     * What keeps a token that is bound to a user to that user's data: `path`, the parameter `userId`, which must be that
     * user's; `handler`, the route itself. Without it such tokens are refused.
     */
    boundBy?: 'path' | 'handler';
    /** What can be wrong with a request beyond what its schemas say. */
    rules?: Rules;
  }

  interface FastifyRequest {
    /** Who makes the request; null before authentication, on public routes and for OPTIONS. */
    principal: Principal | null;
    /** The scope that the token lacks, for the log; null where it lacks none. */
    missingScope: string | null;
    /** The pattern of the route, as `/users/:userId`; null where no route matches. */
    pattern: string | null;
    /** SHA-256 of the body, where there is an idempotency key. */
    bodyHash: Uint8Array | null;
    /** Why the body is not JSON, as "it is empty"; null where it is. */
    bodyFault: string | null;
  }
}

/** The user whose data alone the request may touch, or undefined where it may touch everybody's. */
export function boundUser({ principal }: FastifyRequest): number | undefined {
  return principal?.userId ?? undefined;
}

/** Who makes the request, as the change log names it. */
export function actorOf({ principal }: FastifyRequest): string {
  return String(principal?.tokenId);
}
