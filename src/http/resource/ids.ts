import type { preValidationHookHandler } from 'fastify';
import { parseResourceId } from '../../formats/resource-id.ts';
import { Type } from '../../type.ts';

/** The ID of a resource: an integer from 1 to 2^53 − 1. */
export const ResourceId = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });

/** The maximum number of IDs in a filter. */
const MAX_IDS = 100;

/** A filter by several IDs, separated by commas in the query. */
export const ResourceIds = (description: string) =>
  Type.Array(ResourceId('An ID'), { minItems: 1, maxItems: MAX_IDS, description });

/** A field that the service generates. A request with it is rejected. */
export const ReadOnly = Type.Optional(Type.Unsafe<undefined>({ readOnly: true }));

/**
 * The resource's own ID in the body of an update. If it equals the path's, {@link ignoreOwnId} removes it, so that clients can
 * send a resource back as they read it. Any other ID is rejected as read-only.
 */
export const OwnId = (name: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      readOnly: true,
      description: `Optional. Must equal the \`${name}\` of the path. Does not count as a field to change`,
    }),
  );

/** Removes the resource's own ID from a body before validation: see {@link OwnId}. */
export function ignoreOwnId(name: string): preValidationHookHandler {
  return (request, _reply, done) => {
    const body = request.body as Record<string, unknown> | null | undefined;
    const id = (request.params as Record<string, unknown>)[name];
    if (typeof body === 'object' && typeof id === 'number' && body?.[name] === id) delete body[name];
    done();
  };
}

/**
 * Converts path parameters that are IDs to numbers, in place. Others stay text, which validation rejects. False if one is
 * empty, as in `/users/`: such a path does not exist.
 */
export function readPathIds(params: Record<string, string | number>): boolean {
  for (const name in params) {
    const text = params[name] as string;
    if (text === '') return false;
    params[name] = parseResourceId(text) ?? text;
  }
  return true;
}
