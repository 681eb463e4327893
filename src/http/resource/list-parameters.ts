import type { preValidationHookHandler } from 'fastify';
import { type TObject, Type } from 'typebox';
import type { SortKey } from '../../domain/lists.ts';
import { CURSOR } from './cursor.ts';

/** The largest page number (contract, section 3). */
const MAX_PAGE = 2_147_483_647;
export const DEFAULT_PER_PAGE = 20;
const MAX_PER_PAGE = 100;

/** The parameters that every list has (contract, section 3). */
export function listParameters(sortFields: readonly string[]) {
  const field = `-?(?:${sortFields.join('|')})`;
  return {
    _page: Type.Optional(
      // Without `default`, which some clients would send, also with a cursor.
      Type.Integer({
        minimum: 0,
        maximum: MAX_PAGE,
        description: 'Which page, counted from 0, the default; not together with `_cursor`',
      }),
    ),
    _perPage: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_PER_PAGE, default: DEFAULT_PER_PAGE, description: 'How many on a page' }),
    ),
    _sort: Type.Optional(
      Type.String({
        pattern: `^${field}(?:,${field})*$`,
        'x-sort-fields': sortFields,
        description: `What to sort by, a minus in front for descending: ${sortFields.join(', ')}, or several with commas`,
      }),
    ),
    _cursor: Type.Optional(
      Type.String({
        pattern: CURSOR,
        format: 'cursor',
        description: 'Where to go on from: taken from the `next` link, and good for the same sort and filters only',
      }),
    ),
    updatedSince: Type.Optional(
      Type.String({ format: 'date-time', description: 'Only what was created or changed at this instant or later' }),
    ),
  };
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * Turns the parameters that are integers into numbers before they are validated. What is none stays text, for the
 * validator to refuse.
 */
export function readIntegers({ properties }: TObject): preValidationHookHandler {
  const names = Object.keys(properties).filter((name) => Type.IsInteger(properties[name]));
  return (request, _reply, done) => {
    const query = request.query as Record<string, unknown>;
    for (const name of names) {
      const text = query[name];
      // What a number cannot hold exactly is over every maximum, and to be quoted as it was sent.
      if (typeof text === 'string' && DECIMAL.test(text) && Number.isSafeInteger(Number(text))) {
        query[name] = Number(text);
      }
    }
    done();
  };
}

/**
 * The order that `_sort` asks for, completed by the id in the direction of the last field, so that no two rows are in the
 * same place.
 */
export function parseSort<Field extends string>(text: string | undefined, id: Field): SortKey<Field>[] {
  const keys = (text ?? id).split(',').map((part) => {
    const descending = part.startsWith('-');
    return { field: (descending ? part.slice(1) : part) as Field, descending };
  });
  // Behind the id nothing is left to compare.
  const end = keys.findIndex(({ field }) => field === id);
  if (end !== -1) return keys.slice(0, end + 1);
  return [...keys, { field: id, descending: keys.at(-1)?.descending === true }];
}
