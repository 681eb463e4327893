import type { preValidationHookHandler } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import type { SortKey } from '../../domain/lists.ts';
import { Type } from '../../type.ts';
import { CURSOR } from './cursor.ts';

const MAX_PAGE = 2_147_483_647;
export const DEFAULT_PER_PAGE = 20;
const MAX_PER_PAGE = 100;

/** The parameters of every list. */
export function listParameters(sortFields: readonly string[]) {
  const field = `-?(?:${sortFields.join('|')})`;
  return {
    _page: Type.Optional(
      // Without `default`: some clients would send it together with a cursor.
      Type.Integer({
        minimum: 0,
        maximum: MAX_PAGE,
        description: 'The page number, from 0 (the default). Not allowed with `_cursor`',
      }),
    ),
    _perPage: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PER_PAGE,
        default: DEFAULT_PER_PAGE,
        description: 'The maximum number of items on a page',
      }),
    ),
    _sort: Type.Optional(
      Type.String({
        pattern: `^${field}(?:,${field})*$`,
        'x-sort-fields': sortFields,
        description: `One or more of ${sortFields.join(', ')}, separated by commas. A minus sign in front sorts in descending order`,
      }),
    ),
    _cursor: Type.Optional(
      Type.String({
        pattern: CURSOR,
        format: 'cursor',
        description: 'The cursor of a `next` link. Valid only with the same sort and filters',
      }),
    ),
    updatedSince: Type.Optional(
      Type.String({ format: 'date-time', description: 'Only items created or changed at or after this time' }),
    ),
  };
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * Converts parameters to the types of their schemas before validation: integers, booleans, and lists that are separated by
 * commas. Other texts are left as they are, and validation rejects them.
 */
export function readParameters({ properties }: TObject): preValidationHookHandler {
  return (request, _reply, done) => {
    const query = request.query as Record<string, unknown>;
    for (const name in query) {
      const schema = properties[name];
      if (schema !== undefined) query[name] = readParameter(query[name], schema);
    }
    done();
  };
}

/** @param value a text, or an array of texts if the parameter is repeated. */
function readParameter(value: unknown, schema: TSchema): unknown {
  if (Type.IsArray(schema)) {
    // A repeated parameter becomes an invalid list.
    return typeof value === 'string' ? value.split(',').map((item) => readParameter(item, schema.items)) : [value];
  }
  // A larger integer exceeds every maximum. It stays text, so that the error message quotes it exactly.
  if (Type.IsInteger(schema) && DECIMAL.test(String(value)) && Number.isSafeInteger(Number(value)))
    return Number(value);
  if (Type.IsBoolean(schema) && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

/** The order in `_sort`, followed by the ID in the direction of the last field, which makes the order total. */
export function parseSort<Field extends string>(text: string | undefined, id: Field): SortKey<Field>[] {
  const keys = (text ?? id).split(',').map((part) => {
    const descending = part.startsWith('-');
    return { field: (descending ? part.slice(1) : part) as Field, descending };
  });
  // IDs are unique, so later fields have no effect.
  const end = keys.findIndex(({ field }) => field === id);
  if (end !== -1) return keys.slice(0, end + 1);
  return [...keys, { field: id, descending: keys.at(-1)?.descending === true }];
}
