import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Created, type CreateOptions, KeyReused } from '../../domain/outcomes.ts';
import { idempotencyKeyReused } from '../errors/api-error.ts';
import { idempotencyKeyError } from '../errors/header-errors.ts';
import { originOf } from '../request.ts';

/**
 * The caller and the idempotency key of a request that creates a resource
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/). A key is scoped to the token, the method
 * and the path.
 *
 * @throws ApiError if the `Idempotency-Key` header is invalid.
 */
export function creationOptions(request: FastifyRequest): CreateOptions {
  const origin = originOf(request);
  const header = request.headers['idempotency-key'];
  if (header === undefined) return origin;
  const error = idempotencyKeyError(request);
  if (error !== undefined) throw error;
  const [path] = request.url.split('?', 1);
  const key = hash('sha256', JSON.stringify([origin.actor, request.method, path, header]), 'buffer');
  // Set: every route that creates a resource requires a body.
  return { ...origin, idempotencyKey: { key, requestHash: request.bodyHash as Uint8Array } };
}

/**
 * The created resource. Sets `Idempotency-Replayed` if an earlier request with the same key created it.
 *
 * @throws ApiError 422 if the key was used for a different request.
 */
export function createdItem<T>(outcome: Created<T> | typeof KeyReused, reply: FastifyReply): T {
  if (outcome === KeyReused) throw idempotencyKeyReused();
  if (outcome.replayed) reply.header('idempotency-replayed', 'true');
  return outcome.item;
}
