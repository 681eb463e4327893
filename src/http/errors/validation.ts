import type { TObject, TSchema } from 'typebox';
import { ONE_LINE } from '../../formats/text.ts';
import { describeAllowed, describeFormat, lengthLimits, type SchemaToDescribe } from './allowed-values.ts';
import {
  type ApiError,
  bodyEmpty,
  bodyNotAnObject,
  type ErrorDetail,
  invalidField,
  invalidValue,
  itemEmpty,
  MAX_DETAILS,
  missingField,
} from './api-error.ts';
import { ENTITY_TAGS_EXPECTED, IF_MATCH } from './if-match.ts';
import { sanitize } from './sanitize.ts';

/**
 * An error object of Ajv with `allErrors` and `verbose` (https://ajv.js.org/api.html#error-objects), with only the members
 * that are read here.
 */
export interface ValidationFailure {
  keyword: string;
  /** JSON pointer to the value; '' for the whole instance. */
  instancePath: string;
  params: Record<string, unknown>;
  data?: unknown;
  parentSchema?: Record<string, unknown>;
}

/** If a field fails several keywords, the first one in this list is reported: length before format. */
const PRECEDENCE = [
  'readOnly',
  'type',
  'minItems',
  'maxItems',
  'enum',
  'uniqueItems',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'x-sort-fields',
  'format',
];

/**
 * The validation errors of a body, at most one a field and {@link MAX_DETAILS} in total: first the schema's fields in their
 * order, then unknown names by code point.
 *
 * @param notJson why the body is not JSON, or null if it is.
 */
export function bodyErrors(
  failures: readonly ValidationFailure[],
  schema: TSchema,
  notJson: string | null = null,
): ApiError[] {
  const whole = failures.find(({ instancePath, keyword }) => {
    return instancePath === '' && (keyword === 'type' || keyword === 'minProperties');
  });
  if (whole?.keyword === 'minProperties') return [bodyEmpty()];
  if (whole !== undefined) return [bodyNotAnObject(notJson ?? `it is ${kindOf(whole.data)}`)];
  return onePerField(failures, schema).map(([field, failure]) => describe(field, failure));
}

/**
 * The validation errors of an item of a batch, ordered as in {@link bodyErrors}.
 *
 * @param item the name of the item, such as `tasks[3]`.
 * @param prefix what precedes the names of its fields.
 */
export function itemErrors(
  failures: readonly ValidationFailure[],
  schema: TSchema,
  item: string,
  prefix: string,
): ApiError[] {
  const whole = failures.find(({ instancePath, keyword }) => instancePath === '' && !OF_A_FIELD.has(keyword));
  if (whole !== undefined && whole.keyword !== 'minProperties') return [describe(item, whole)];
  const fields = onePerField(
    failures.filter((failure) => failure !== whole),
    schema,
  );
  if (fields.length === 0 && whole !== undefined) return [itemEmpty(item)];
  return fields.map(([field, failure]) => describe(prefix + field, failure));
}

/** Keywords of an object that are about one of its fields. */
const OF_A_FIELD: ReadonlySet<string> = new Set(['required', 'additionalProperties']);

/** The validation errors of the query, ordered as in {@link bodyErrors}. */
export function queryErrors(failures: readonly ValidationFailure[], schema: TSchema): ApiError[] {
  return onePerField(failures, schema).map(([name, failure]) => describeParameter('query', name, failure));
}

/** The validation errors of the path parameters, ordered as in {@link bodyErrors}. */
export function pathErrors(failures: readonly ValidationFailure[], schema: TSchema): ApiError[] {
  return onePerField(failures, schema).map(([name, failure]) => describeParameter('path', name, failure));
}

/** The error of a body field whose value fails one keyword of its schema, or of the schema of its items: for examples. */
export function exampleError(schema: TObject, field: string, keyword: string, data?: unknown): ApiError {
  if (keyword === 'required') return missingField(field);
  return describe(field, failureOf(schema, field, keyword, data));
}

/** The error of a parameter with this value: for examples. */
export function exampleParameterError(
  location: 'path' | 'query',
  schema: TObject,
  name: string,
  value: string,
): ApiError {
  return describeParameter(location, name, failureOf(schema, name, 'type', value));
}

function failureOf(schema: TObject, field: string, keyword: string, data: unknown): ValidationFailure {
  const parentSchema = schema.properties[field] as Record<string, unknown>;
  const items = parentSchema.items as Record<string, unknown> | undefined;
  if (items !== undefined && keyword in items) {
    return { keyword, instancePath: `/${field}/0`, params: {}, data, parentSchema: items };
  }
  return { keyword, instancePath: `/${field}`, params: {}, data, parentSchema };
}

/** One failure a field: first the schema's fields in their order, then unknown names by code point. */
function onePerField(failures: readonly ValidationFailure[], schema: TSchema): [string, ValidationFailure][] {
  const byField = new Map<string, ValidationFailure>();
  for (const failure of failures) {
    const field = fieldOf(failure);
    const other = byField.get(field);
    if (other === undefined || precedence(failure) < precedence(other)) byField.set(field, failure);
  }
  const { properties = {} } = schema as { properties?: object };
  const known: [string, ValidationFailure][] = [];
  for (const field of Object.keys(properties)) {
    const failure = byField.get(field);
    if (failure !== undefined) known.push([field, failure]);
    byField.delete(field);
  }
  return [...known, ...byCodePoint([...byField])].slice(0, MAX_DETAILS);
}

/** UTF-8 bytes sort by code point. Each name is encoded once, because a body may have thousands. */
function byCodePoint<T>(entries: readonly [string, T][]): [string, T][] {
  const withBytes = entries.map((entry) => ({ entry, bytes: Buffer.from(entry[0]) }));
  return withBytes.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ entry }) => entry);
}

function fieldOf({ keyword, instancePath, params }: ValidationFailure): string {
  if (keyword === 'required') return String(params.missingProperty);
  if (keyword === 'additionalProperties') return String(params.additionalProperty);
  // A JSON pointer (RFC 6901) without the index into a list. Known fields have no characters that it would escape.
  return instancePath.split('/', 2)[1] ?? '';
}

function precedence({ keyword }: ValidationFailure): number {
  return PRECEDENCE.indexOf(keyword);
}

function describe(name: string, failure: ValidationFailure): ApiError {
  const field = sanitize(name);
  const error = (reason: string, message: string) => invalidField({ field, reason, location: 'body' }, message);
  const schema: SchemaToDescribe = failure.parentSchema ?? {};
  // An item of a list.
  if (failure.instancePath.split('/').length > 2) {
    return invalidValue('body', field, failure.data, describeAllowed(schema));
  }
  switch (failure.keyword) {
    case 'required':
      return missingField(field);
    case 'additionalProperties':
      return error('Unknown field', `The field \`${field}\` is not known`);
    case 'readOnly':
      return error('Is read-only', `The field \`${field}\` cannot be set`);
    case 'type':
      return error('Invalid type', `The field \`${field}\` must be ${article(schema.type)}`);
    case 'enum':
    case 'minItems':
    case 'maxItems':
    case 'uniqueItems':
      return invalidValue('body', field, failure.data, describeAllowed(schema));
    case 'minimum':
    case 'maximum': {
      const reason = failure.keyword === 'minimum' ? 'Value too small' : 'Value too large';
      return error(reason, `The field \`${field}\` must be between ${schema.minimum} and ${schema.maximum}`);
    }
    case 'minLength':
    case 'maxLength': {
      const reason = failure.keyword === 'minLength' ? 'String too short' : 'String too long';
      return error(reason, `The field \`${field}\` must be ${lengthLimits(schema)}`);
    }
    case 'pattern': {
      if (schema.pattern === IF_MATCH) return error('Invalid format', `The field \`${field}\` ${ENTITY_TAGS_EXPECTED}`);
      const why = isBlank(failure.data)
        ? 'it must not be blank'
        : schema.pattern === ONE_LINE
          ? 'it must not contain control characters, line separators or an unpaired surrogate'
          : 'it must not contain U+0000 or an unpaired surrogate';
      return error('Invalid format', `The field \`${field}\` contains characters that are not allowed; ${why}`);
    }
    case 'format':
      return error('Invalid format', `The field \`${field}\` must be ${describeFormat(String(schema.format))}`);
    default:
      throw new Error(`no message for the schema keyword ${failure.keyword}`);
  }
}

function describeParameter(
  location: ErrorDetail['location'],
  name: string,
  { keyword, data, parentSchema = {} }: ValidationFailure,
): ApiError {
  const field = sanitize(name);
  const error = (reason: string, message: string) => invalidField({ field, reason, location }, message);
  if (keyword === 'additionalProperties') return error('Unknown field', `The parameter \`${field}\` is not known`);
  const schema: SchemaToDescribe = parentSchema;
  if (Array.isArray(data) && schema.type !== 'array') {
    return error('Invalid value', `The parameter \`${field}\` must be given once`);
  }
  const allowed = describeAllowed(schema);
  const value = Array.isArray(data) ? data.join(',') : data;
  return invalidValue(location, field, value, holdsLostPlus(data, schema) ? `${allowed}; ${PLUS}` : allowed);
}

const PLUS = 'in a URL write a plus sign as %2B';

/** Whether a space may have been a plus sign, which means a space in a query unless it is escaped. */
function holdsLostPlus(data: unknown, { format }: SchemaToDescribe): boolean {
  return (format === 'date-time' || format === 'idn-email') && String(data).includes(' ');
}

/** Whether a string is empty or white space. */
function isBlank(value: unknown): boolean {
  return /^[\s\p{White_Space}]*$/u.test(String(value));
}

/** What a JSON value other than an object is; undefined stands for no body. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'empty';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : article(typeof value);
}

/** @param type one type of JSON Schema, or several, of which the first is the one that clients should send. */
function article(type: unknown): string {
  const [name] = [type].flat();
  return /^[aeiou]/.test(String(name)) ? `an ${name}` : `a ${name}`;
}
