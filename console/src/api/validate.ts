import schemas from './schemas.json' with { type: 'json' };

/** The keywords that the schemas of bodies use. */
export interface FieldSchema {
  type?: string | string[];
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  readOnly?: boolean;
  items?: FieldSchema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
}

interface BodySchema {
  properties: Readonly<Record<string, FieldSchema>>;
  required?: readonly string[];
  minProperties?: number;
}

export type BodyName = keyof typeof schemas;

/** A validation error, in the words of the service. */
export interface FieldProblem {
  field: string;
  /** As in `details` of the service. */
  reason: string;
  message: string;
}

/**
 * The validation errors that the service would report for a body, in its order, at most one for each field. Rules that only
 * the service can check are left to it: whether a value is in use or exists, and most of what makes an email address or a URL
 * valid.
 */
export function validate(name: BodyName, body: Readonly<Record<string, unknown>>): FieldProblem[] {
  const { properties, required = [], minProperties = 0 }: BodySchema = schemas[name];
  if (Object.keys(body).length < minProperties) {
    const message = 'The request body must contain at least one field';
    return [{ field: 'body', reason: 'Is required', message }];
  }
  const problems: FieldProblem[] = [];
  for (const [field, schema] of Object.entries(properties)) {
    const value = body[field];
    if (value !== undefined) {
      const problem = checkField(field, schema, value);
      if (problem !== undefined) problems.push(problem);
    } else if (required.includes(field)) {
      problems.push({ field, reason: 'Is required', message: `The \`${field}\` field is required.` });
    }
  }
  for (const field of Object.keys(body)) {
    if (!Object.hasOwn(properties, field)) {
      problems.push({ field, reason: 'Unknown field', message: `The field \`${field}\` is not known` });
    }
  }
  return problems;
}

/** The schema of a field of a body, without keywords if it has no such field. */
export function fieldSchema(name: BodyName, field: string): FieldSchema {
  return (schemas[name] as BodySchema).properties[field] ?? {};
}

function checkField(field: string, schema: FieldSchema, value: unknown): FieldProblem | undefined {
  const problem = (reason: string, what: string): FieldProblem => ({
    field,
    reason,
    message: `The field \`${field}\` ${what}`,
  });
  const invalidValue = (shown: unknown, allowed: string): FieldProblem => ({
    ...{ field, reason: 'Invalid value' },
    message: `The \`${field}\` value '${showValue(shown)}' is not valid. It must be ${allowed}.`,
  });
  if (schema.readOnly) return problem('Is read-only', 'cannot be set');
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return problem('Invalid type', `must be ${article(types[0] ?? '')}`);
  }
  if (Array.isArray(value)) {
    const { items, minItems = 0, maxItems = Infinity, uniqueItems } = schema;
    const allowed = items?.enum ?? [];
    const list = `a list of one or more of ${allowed.join(', ')}, each once`;
    if (value.length < minItems || value.length > maxItems) return invalidValue(value, list);
    const wrong = value.find((item) => !allowed.includes(item));
    if (wrong !== undefined) return invalidValue(wrong, `one of ${allowed.join(', ')}`);
    return uniqueItems && new Set(value).size < value.length ? invalidValue(value, list) : undefined;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return invalidValue(value, `one of ${schema.enum.join(', ')}`);
  }
  if (typeof value === 'number') {
    const range = `must be between ${schema.minimum} and ${schema.maximum}`;
    if (value < (schema.minimum ?? -Infinity)) return problem('Value too small', range);
    if (value > (schema.maximum ?? Infinity)) return problem('Value too large', range);
  }
  if (typeof value === 'string') return checkText(schema, value, problem);
  return undefined;
}

function checkText(
  { minLength = 0, maxLength = Infinity, pattern, format }: FieldSchema,
  text: string,
  problem: (reason: string, what: string) => FieldProblem,
): FieldProblem | undefined {
  // The service counts code points.
  const length = Array.from(text).length;
  const limits = `must be between ${minLength} and ${maxLength} characters`;
  if (length < minLength) return problem('String too short', limits);
  if (length > maxLength) return problem('String too long', limits);
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) {
    return problem('Invalid format', `contains characters that are not allowed; ${whyNotAllowed(pattern, text)}`);
  }
  const known = format === undefined ? undefined : FORMATS[format];
  if (known !== undefined && !known.test(text)) return problem('Invalid format', `must be ${known.description}`);
  return undefined;
}

function whyNotAllowed(pattern: string, text: string): string {
  if (isBlank(text)) return 'it must not be blank';
  return pattern.includes(String.raw`\p{Cc}`)
    ? 'it must not contain control characters, line separators or an unpaired surrogate'
    : 'it must not contain U+0000 or an unpaired surrogate';
}

/** Whether a text is empty or only white space, as the service defines it. */
export function isBlank(text: string): boolean {
  return /^[\s\p{White_Space}]*$/u.test(text);
}

/** What is checked accepts all that the service accepts, and for dates nothing else. */
const FORMATS: Readonly<Record<string, { test: (text: string) => boolean; description: string }>> = {
  'idn-email': { test: (text) => /^[^@\s]+@[^@\s]+[.。．｡][^@\s]+$/.test(text), description: 'a valid email address' },
  uri: {
    test: (text) => /^https?:\/\//i.test(text),
    description: 'an http or https URL without user, password and fragment',
  },
  'date-time': { test: isDateTime, description: 'an ISO 8601 date and time' },
};

const DATE_TIME =
  /^(?!0000)(\d{4})-(\d{2})-(\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/;

/** Whether a text is a date and time of the API. */
export function isDateTime(text: string): boolean {
  const [, year, month, day] = (DATE_TIME.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  return type === 'array' ? Array.isArray(value) : typeof value === type;
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function showValue(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return Array.from(text).slice(0, 100).join('');
}
