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
  MAX_DETAILS,
  missingField,
} from './api-error.ts';
import { quote } from './sanitize.ts';

/**
 * One failure as Ajv reports it with `allErrors` and `verbose`; the members that are read here. See
 * https://ajv.js.org/api.html#error-objects.
 */
export interface ValidationFailure {
  keyword: string;
  /** JSON pointer to the value, '' for the whole. */
  instancePath: string;
  params: Record<string, unknown>;
  data?: unknown;
  parentSchema?: Record<string, unknown>;
}

/** Of several failures of one field the first in this list is its fault: length comes before format. */
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
 * The faults of a body, an error for each, in the contract's order: one a field, the schema's fields first, then unknown
 * names by code point, {@link MAX_DETAILS} at most.
 *
 * @param notJson why the body is not JSON, where it is not.
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
  return firstOfEach(failures, schema).map(([field, failure]) => describe(field, failure));
}

/** The faults of the query, as {@link bodyErrors} has them. */
export function queryErrors(failures: readonly ValidationFailure[], schema: TSchema): ApiError[] {
  return firstOfEach(failures, schema).map(([name, failure]) => describeParameter('query', name, failure));
}

/** The path parameters that are no ids, as {@link bodyErrors} has them. */
export function pathErrors(failures: readonly ValidationFailure[], schema: TSchema): ApiError[] {
  return firstOfEach(failures, schema).map(([name, failure]) => describeParameter('path', name, failure));
}

/**
 * What {@link bodyErrors} says of one field that breaks one keyword of its schema, or of its items: for examples.
 */
export function faultOf(schema: TObject, field: string, keyword: string, data?: unknown): ApiError {
  if (keyword === 'required') return missingField(field);
  return describe(field, failureOf(schema, field, keyword, data));
}

/** What is said of a parameter with this value: for examples. */
export function parameterFaultOf(location: 'path' | 'query', schema: TObject, name: string, value: string): ApiError {
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

/** One failure a field, in the order of the schema's fields, then of unknown names. */
function firstOfEach(failures: readonly ValidationFailure[], schema: TSchema): [string, ValidationFailure][] {
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

/** The bytes of UTF-8 are in the order of the code points. They are made once for each: a body may hold thousands. */
function byCodePoint<T>(entries: readonly [string, T][]): [string, T][] {
  const withBytes = entries.map((entry) => ({ entry, bytes: Buffer.from(entry[0]) }));
  return withBytes.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ entry }) => entry);
}

function fieldOf({ keyword, instancePath, params }: ValidationFailure): string {
  if (keyword === 'required') return String(params.missingProperty);
  if (keyword === 'additionalProperties') return String(params.additionalProperty);
  // A JSON pointer (RFC 6901), of which a list's place is left out. Known fields hold no character that it would escape.
  return instancePath.split('/', 2)[1] ?? '';
}

function precedence({ keyword }: ValidationFailure): number {
  return PRECEDENCE.indexOf(keyword);
}

function describe(name: string, failure: ValidationFailure): ApiError {
  const field = quote(name);
  const fault = (reason: string, message: string) => invalidField({ field, reason, location: 'body' }, message);
  const schema: SchemaToDescribe = failure.parentSchema ?? {};
  // One item of a list.
  if (failure.instancePath.split('/').length > 2) {
    return invalidValue('body', field, failure.data, describeAllowed(schema));
  }
  switch (failure.keyword) {
    case 'required':
      return missingField(field);
    case 'additionalProperties':
      return fault('Unknown field', `The field \`${field}\` is not known`);
    case 'readOnly':
      return fault('Is read-only', `The field \`${field}\` cannot be set`);
    case 'type':
      return fault('Invalid type', `The field \`${field}\` must be ${article(schema.type)}`);
    case 'enum':
    case 'minItems':
    case 'maxItems':
    case 'uniqueItems':
      return invalidValue('body', field, failure.data, describeAllowed(schema));
    case 'minimum':
    case 'maximum': {
      const reason = failure.keyword === 'minimum' ? 'Value too small' : 'Value too large';
      return fault(reason, `The field \`${field}\` must be between ${schema.minimum} and ${schema.maximum}`);
    }
    case 'minLength':
    case 'maxLength': {
      const reason = failure.keyword === 'minLength' ? 'String too short' : 'String too long';
      return fault(reason, `The field \`${field}\` must be ${lengthLimits(schema)}`);
    }
    case 'pattern': {
      const why = isBlank(failure.data)
        ? 'it must not be blank'
        : schema.pattern === ONE_LINE
          ? 'it must not contain control characters, line separators or an unpaired surrogate'
          : 'it must not contain U+0000 or an unpaired surrogate';
      return fault('Invalid format', `The field \`${field}\` contains characters that are not allowed; ${why}`);
    }
    case 'format':
      return fault('Invalid format', `The field \`${field}\` must be ${describeFormat(String(schema.format))}`);
    default:
      throw new Error(`no message for the schema keyword ${failure.keyword}`);
  }
}

function describeParameter(
  location: ErrorDetail['location'],
  name: string,
  { keyword, data, parentSchema = {} }: ValidationFailure,
): ApiError {
  const field = quote(name);
  const fault = (reason: string, message: string) => invalidField({ field, reason, location }, message);
  if (keyword === 'additionalProperties') return fault('Unknown field', `The parameter \`${field}\` is not known`);
  if (Array.isArray(data)) return fault('Invalid value', `The parameter \`${field}\` must be given once`);
  const schema: SchemaToDescribe = parentSchema;
  const allowed = describeAllowed(schema);
  return invalidValue(location, field, data, holdsLostPlus(data, schema) ? `${allowed}; ${PLUS}` : allowed);
}

const PLUS = 'in a URL write a plus sign as %2B';

/** Whether a plus sign may have been meant: in a query a plus that is not escaped stands for a space. */
function holdsLostPlus(data: unknown, { format }: SchemaToDescribe): boolean {
  return (format === 'date-time' || format === 'idn-email') && String(data).includes(' ');
}

/** Whether a text has nothing but white space (contract, section 1). */
function isBlank(value: unknown): boolean {
  return /^[\s\p{White_Space}]*$/u.test(String(value));
}

/** What a JSON value is other than an object; undefined stands for no body. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'empty';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : article(typeof value);
}

/** @param type as JSON Schema has it: one type, or several of which the first is what a client should send. */
function article(type: unknown): string {
  const [name] = [type].flat();
  return /^[aeiou]/.test(String(name)) ? `an ${name}` : `a ${name}`;
}
