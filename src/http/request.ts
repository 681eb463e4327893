import type { FastifyRequest } from 'fastify';
import type { Freshness } from '../domain/lists.ts';
import type { ActorOptions } from '../domain/outcomes.ts';
import type { Principal } from '../domain/principal.ts';
import type { Scope } from '../domain/tokens.ts';
import { traceparentOf } from '../tracing/request-trace.ts';
import type { Deprecation } from './deprecation.ts';
import type { ApiError } from './errors/api-error.ts';

/**
 * Validates what the schemas of a route cannot express, without the database. Returns an error for each problem. Also runs
 * on requests that the schemas reject, to complete the list of errors.
 *
 * @param rejected the names of the parameters and fields whose values the schemas reject.
 */
export type Rules = (request: FastifyRequest, rejected: ReadonlySet<string>) => ApiError[];

/** The configuration of a route, and the state of a request. */
declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if the route needs no token; false if any valid token may use it. Required unless there is a `scope`. */
    public?: boolean;
    /** The scope that the route requires. */
    scope?: Scope;
    /**
     * Where a user token is restricted to its user's data: `path-parameter`, by comparing the path's `userId`; `handler`, in
     * the route's handler. If it is missing, user tokens get 403.
     */
    ownership?: 'path-parameter' | 'handler';
    /** The field of the body that holds the items of a batch. Every 10 items count as one more request. */
    batchOf?: string;
    /** The operation will be removed. A route that has this has no `onSend` hook of its own. */
    deprecated?: Deprecation;
    /** Validation beyond the schemas. */
    rules?: Rules;
  }

  interface FastifyRequest {
    /** The authenticated caller; null before authentication, on public routes and for OPTIONS. */
    principal: Principal | null;
    /** The scope that the token lacks, for the log, or null. */
    missingScope: string | null;
    /** The pattern of the route, such as `/users/:userId`; null if no route matches. */
    pattern: string | null;
    /** How old the data of a read may be; null if there are no replicas, and for writes. */
    freshness: Freshness | null;
    /** SHA-256 of the body if the request has an idempotency key, otherwise null. */
    bodyHash: Uint8Array | null;
    /** See {@link traceparentOf}; null until it is known. */
    traceparent: string | undefined | null;
    /** Why the body is not JSON, such as "it is empty"; null if it is. */
    bodyError: string | null;
  }
}

/** The user to whose data a user token restricts the request; undefined for a service token. */
export function restrictedUserId({ principal }: FastifyRequest): number | undefined {
  return principal?.userId ?? undefined;
}

/** The caller and the trace, as recorded in the change log. */
export function originOf(request: FastifyRequest): ActorOptions {
  return { actor: actorOf(request), traceparent: traceparentOf(request) };
}

/** The caller as the audit shows it: the token and, if a JWT names it, the client that uses it. */
export function actorOf({ principal }: FastifyRequest): string {
  const client = principal?.client;
  return client === undefined ? String(principal?.tokenId) : `${principal?.tokenId} ${client}`;
}
