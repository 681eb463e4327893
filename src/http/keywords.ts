/** Keywords of request schemas beyond those of JSON Schema, as Ajv takes them (https://ajv.js.org/keywords.html). */

/**
 * `x-sort-fields`: the fields that a `_sort` may name, one or more with commas, each once, with a minus in front of one
 * for descending.
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

/** `readOnly`: to Ajv an annotation; here no request may hold the property, whatever its value. */
export const READ_ONLY_KEYWORD = {
  keyword: 'readOnly',
  schemaType: 'boolean' as const,
  validate: (readOnly: boolean): boolean => !readOnly,
};
