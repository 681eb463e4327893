import { ITEMS_KEYWORD } from '../http/keywords.ts';
import { Type } from '../type.ts';

/** The maximum number of users or tasks that a call creates, changes or deletes. */
const MAX_ITEMS = 50;

const MAX_LIMIT = 50;
/** How many items a call finds if it names no limit. */
export const DEFAULT_LIMIT = 20;

/** 1 to {@link MAX_ITEMS} items. Each is validated by the API, which names the item and the field in its error. */
export function items<T>(item: object, description: string) {
  return Type.Unsafe<T[]>({ type: 'array', minItems: 1, maxItems: MAX_ITEMS, description, [ITEMS_KEYWORD]: item });
}

export const limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_LIMIT, description: `How many at most. Default ${DEFAULT_LIMIT}` }),
);

export const cursor = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 2000,
    description: '`nextCursor` of the previous call with the same filters',
  }),
);

export const requestId = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'Unique for this creation. Repeat a call with the same ID to retry it without creating twice',
  }),
);

export const search = (fields: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: `Words, or beginnings of words, in ${fields}. All must match`,
    }),
  );

export const nextCursorField = Type.Optional(Type.String({ description: 'Omitted on the last page' }));
