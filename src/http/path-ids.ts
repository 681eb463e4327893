import { Type } from 'typebox';

/** The id of a resource: a decimal integer from 1 to 2^53 − 1 (contract, section 2). */
export const ResourceId = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });

/** A field that the service generates: sent by a client it is refused as read-only. */
export const ReadOnly = Type.Optional(Type.Never({ readOnly: true }));

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
