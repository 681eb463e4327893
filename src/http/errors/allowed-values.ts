/** The keywords of a JSON schema that can be described in a message. */
export interface SchemaToDescribe {
  type?: unknown;
  enum?: readonly unknown[];
  format?: string;
  pattern?: string;
  items?: SchemaToDescribe;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  'x-items'?: object;
  'x-sort-fields'?: readonly string[];
}

/** What a string must be, by the name of its format. */
const FORMATS: Record<string, string> = {
  'idn-email': 'a valid email address',
  'date-time': 'an ISO 8601 date and time',
  uri: 'an http or https URL without user, password and fragment',
  cursor: 'taken from a `next` link of the same list, with the same sort and filters, and without `_page`',
  search: 'between 1 and 100 characters, with one to eight different words',
};

/** What a string of this format must be; completes "must be". */
export function describeFormat(format: string): string {
  const description = FORMATS[format];
  if (description === undefined) throw new Error(`no description of the format ${format}`);
  return description;
}

/** What a value must be according to its schema; completes "must be". Undefined if the schema has no such keyword. */
export function describeAllowed(schema: SchemaToDescribe): string | undefined {
  const fields = schema['x-sort-fields'];
  if (fields !== undefined) {
    const what =
      fields.length === 1 ? fields[0] : `one or more of ${fields.join(', ')}, separated by commas, each once`;
    return `${what}, with a minus in front for descending order`;
  }
  if (schema.enum !== undefined) return oneOf(schema.enum);
  if (schema.items?.enum !== undefined) return `a list of one or more of ${schema.items.enum.join(', ')}, each once`;
  if (schema['x-items'] !== undefined) return `a list of ${schema.minItems} to ${schema.maxItems} items`;
  if (schema.maxItems !== undefined) return `a list of at most ${schema.maxItems} values`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'integer') return `an integer between ${schema.minimum} and ${schema.maximum}`;
  if (schema.format !== undefined) return describeFormat(schema.format);
  return schema.maxLength === undefined ? undefined : lengthLimits(schema);
}

/** The allowed length of a string; completes "must be". */
export function lengthLimits({ minLength, maxLength }: SchemaToDescribe): string {
  return `between ${minLength} and ${maxLength} characters`;
}

/** One of several values; completes "must be". */
export function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;
}
