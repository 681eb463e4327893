import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Created, type CreateOptions, KeyReused } from '../../domain/outcomes.ts';
import { idempotencyKeyReused } from '../errors/api-error.ts';
import { idempotencyKeyError } from '../errors/header-errors.ts';
import { actorOf } from '../request.ts';

/**
 * Who creates, and under which `Idempotency-Key`
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/): keys of different tokens, methods or
 * paths have nothing to do with each other.
 *
 * @throws ApiError for a header that cannot be a key.
 */
export function creationOptions(request: FastifyRequest): CreateOptions {
  const actor = actorOf(request);
  const header = request.headers['idempotency-key'];
  if (header === undefined) return { actor };
  const error = idempotencyKeyError(request);
  if (error !== undefined) throw error;
  const [path] = request.url.split('?', 1);
  const key = hash('sha256', JSON.stringify([actor, request.method, path, header]), 'buffer');
  // Every schema of a body asks for one, so it has been read.
  return { actor, idempotencyKey: { key, requestHash: request.bodyHash as Uint8Array } };
}

/** What was created; the answer says so when that was at an earlier request with the same key. */
export function createdItem<T>(outcome: Created<T> | typeof KeyReused, reply: FastifyReply): T {
  if (outcome === KeyReused) throw idempotencyKeyReused();
  if (outcome.replayed) reply.header('idempotency-replayed', 'true');
  return outcome.item;
}
