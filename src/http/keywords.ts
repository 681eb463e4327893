/** Custom Ajv keywords of request schemas (https://ajv.js.org/keywords.html). */

/**
 * `x-sort-fields`: the string is a comma-separated list of one or more of these fields, each at most once, each optionally
 * with a minus sign in front.
 */
export const SORT_FIELDS_KEYWORD = {
  keyword: 'x-sort-fields',
  type: 'string' as const,
  schemaType: 'array' as const,
  validate: (allowed: readonly string[], text: string): boolean => {
    const fields = text.split(',').map((key) => (key.startsWith('-') ? key.slice(1) : key));
    return fields.every((field) => allowed.includes(field)) && new Set(fields).size === fields.length;
  },
};

/**
 * `x-items`: the schema of the items of a batch. It is `items` in the OpenAPI document. Ajv ignores it, because it would report
 * every error of a million items at once: see `resource/batch-items.ts`.
 */
export const ITEMS_KEYWORD = 'x-items';

/** `readOnly`: only an annotation in Ajv; here a request with the property is invalid, whatever its value. */
export const READ_ONLY_KEYWORD = {
  keyword: 'readOnly',
  schemaType: 'boolean' as const,
  validate: (readOnly: boolean): boolean => !readOnly,
};
