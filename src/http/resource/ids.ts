import type { preValidationHookHandler } from 'fastify';
import { Type } from 'typebox';

/** The id of a resource: a decimal integer from 1 to 2^53 − 1 (contract, section 2). */
export const ResourceId = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });

/** A field that the service generates: sent by a client it is refused as read-only. */
export const ReadOnly = Type.Optional(Type.Unsafe<undefined>({ readOnly: true }));

/**
 * The resource's own id in a body that changes it: equal to the path's it is ignored, by {@link ignoreOwnId}, so that what
 * was read can be sent back. Any other is refused as read-only.
 */
export const OwnId = (name: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      readOnly: true,
      description: `May be sent back as it was read: it must be the \`${name}\` of the path, and is not one of the fields to change`,
    }),
  );

/** Takes a body's own id off before it is validated: see {@link OwnId}. */
export function ignoreOwnId(name: string): preValidationHookHandler {
  return (request, _reply, done) => {
    const body = request.body as Record<string, unknown> | null | undefined;
    const id = (request.params as Record<string, unknown>)[name];
    if (typeof body === 'object' && typeof id === 'number' && body?.[name] === id) delete body[name];
    done();
  };
}

const CANONICAL = /^[1-9][0-9]{0,15}$/;

/** The id that a text is, or undefined for one that is none: `0`, `01`, `1.0`, 2^53. */
export function parseResourceId(text: string): number | undefined {
  return CANONICAL.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/**
 * Turns path parameters that are ids into numbers, in place. What is not one stays text, for the validator to refuse.
 * False where there is no text at all, as in `/users/`: there is no such path.
 */
export function readPathIds(params: Record<string, string | number>): boolean {
  for (const name in params) {
    const text = params[name] as string;
    if (text === '') return false;
    params[name] = parseResourceId(text) ?? text;
  }
  return true;
}
