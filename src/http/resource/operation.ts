import { Type } from '../../type.ts';
import type { ApiError } from '../errors/api-error.ts';

/** A group of operations in the OpenAPI document, usually a resource. */
export interface Tag {
  name: string;
  /** Markdown. */
  description: string;
}

/** The description of a route in the OpenAPI document, in addition to its schemas. */
export interface Operation {
  /** The method name in generated clients: unique, in camel case. */
  operationId: string;
  /** The resource. */
  tags: [Tag];
  /** A phrase without a full stop. */
  summary: string;
  /** Markdown. */
  description: string;
  /** Whether it supports `If-Match` and may respond with 412. */
  conditional?: boolean;
  /** Whether it is a batch: supports `Prefer: handling=lenient`, and has no `Location` and no `ETag`. */
  batch?: boolean;
  /** Whether it may respond with 410. */
  expires?: boolean;
  /** Whether it supports `Accept: text/event-stream`. */
  streams?: boolean;
  /** Whether it supports `Accept: application/x-ndjson`. */
  lines?: boolean;
  /** Whether it may be read from a replica, and supports `Consistency-Token` and `Cache-Control`. */
  replicated?: boolean;
  /** Whether it supports `Idempotency-Key` and may respond with 422. */
  idempotencyKey?: boolean;
  /** Examples of 400s for the fields of its body. Errors that every body, path or query can have are added automatically. */
  errorExamples?: ApiError[];
}

declare module 'fastify' {
  interface FastifySchema extends Partial<Operation> {
    /** True for a route that is not part of the API, such as a page: the OpenAPI document omits it. */
    hide?: boolean;
  }
}

/** The schema of a 204: no body. */
export const NoContent = Type.Unsafe<undefined>({ type: 'null' });
