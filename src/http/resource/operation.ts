import { Type } from 'typebox';
import type { ApiError } from '../errors/api-error.ts';

/** A group of operations in the OpenAPI document, usually a resource. */
export interface Tag {
  name: string;
  /** Markdown. */
  description: string;
}

/** What the OpenAPI document says of a route beyond what its schemas say. */
export interface Operation {
  /** The name that generated clients call it by: unique, in camel case. */
  operationId: string;
  /** The resource. */
  tags: [Tag];
  /** A few words, without a full stop. */
  summary: string;
  /** Markdown. */
  description: string;
  /** True where `If-Match` is heeded, and the answer may be 412. */
  conditional?: boolean;
  /** True where the answer may be 410. */
  expires?: boolean;
  /** True where `Accept: text/event-stream` gets server-sent events. */
  streams?: boolean;
  /** True where an `Idempotency-Key` is heeded, and the answer may be 422. */
  once?: boolean;
  /**
   * Examples of its 400s: what can be wrong with the fields of its body. Faults that every body, path or query can have
   * need not be named.
   */
  faults?: ApiError[];
}

declare module 'fastify' {
  interface FastifySchema extends Partial<Operation> {
    /** True for a route that is not part of the API, such as a page: the document leaves it out. */
    hide?: boolean;
  }
}

/** The response of 204: no body. */
export const NoContent = Type.Unsafe<undefined>({ type: 'null' });
