import type { TObject, TSchema } from 'typebox';
import { ApiError, bodyEmpty, bodyNotAnObject, type ErrorDetail, invalidPathId } from './errors.ts';
import { quote } from './quote.ts';

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

interface Fault extends ErrorDetail {
  message: string;
}

/** Of several failures of one field the first in this list is its fault: length comes before format. */
const PRECEDENCE = [
  'not',
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
  'format',
];

/** The path parameter that is not an id. Parameters are patterns, so there is nothing else that could be wrong. */
export function pathError(failures: readonly ValidationFailure[]): ApiError {
  const [failure] = failures;
  return invalidPathId(failure?.instancePath.slice(1) ?? '', String(failure?.data));
}

/**
 * All faults of a body in the contract's order: one a field, the schema's fields first, then unknown names by code
 * point. The message speaks of the first fault with the answer's code.
 */
export function bodyError(failures: readonly ValidationFailure[], schema: TSchema): ApiError {
  const whole = failures.find(({ instancePath, keyword }) => {
    return instancePath === '' && (keyword === 'type' || keyword === 'minProperties');
  });
  if (whole !== undefined) return whole.keyword === 'type' ? bodyNotAnObject() : bodyEmpty();
  const faults = firstOfEach(failures, schema).map(([field, failure]) => describe(field, failure));
  const missing = faults.find(({ reason }) => reason === 'Is required');
  return faultsError(missing === undefined ? 'INVALID_FIELD' : 'MISSING_REQUIRED_FIELD', faults, missing);
}

/** What {@link bodyError} says of one field that breaks one keyword of its schema: for examples. */
export function faultOf(schema: TObject, field: string, keyword: string, data?: unknown): ApiError {
  if (keyword === 'required')
    return bodyError([{ keyword, instancePath: '', params: { missingProperty: field } }], schema);
  const parentSchema = schema.properties[field] as Record<string, unknown>;
  return bodyError([{ keyword, instancePath: `/${field}`, params: {}, data, parentSchema }], schema);
}

/** All faults of the query, as {@link bodyError} has them. */
export function queryError(failures: readonly ValidationFailure[], schema: TSchema): ApiError {
  const faults = firstOfEach(failures, schema).map(([name, failure]) => describeParameter(name, failure));
  return faultsError('INVALID_FIELD', faults);
}

function faultsError(code: string, faults: Fault[], speaksOf: Fault | undefined = faults[0]): ApiError {
  const details = faults.map(({ field, reason, location }) => ({ field, reason, location }));
  return new ApiError(400, code, (speaksOf as Fault).message, { details });
}

/** One failure a field, in the order of the schema's fields, then of unknown names. */
function firstOfEach(failures: readonly ValidationFailure[], schema: TSchema): [string, ValidationFailure][] {
  const byField = new Map<string, ValidationFailure>();
  for (const failure of failures) {
    const field = fieldOf(failure);
    const other = byField.get(field);
    if (other === undefined || precedence(failure) < precedence(other)) byField.set(field, failure);
  }
  const { properties } = schema as { properties?: object };
  const inOrder = byOrderThenCodePoint(Object.keys(properties ?? {}));
  return [...byField].sort(([a], [b]) => inOrder(a, b));
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

function byOrderThenCodePoint(order: readonly string[]) {
  return (a: string, b: string): number => {
    const [placeA, placeB] = [order.indexOf(a), order.indexOf(b)];
    if (placeA === -1 && placeB === -1) return Buffer.compare(Buffer.from(a), Buffer.from(b));
    if (placeA === -1 || placeB === -1) return placeA === -1 ? 1 : -1;
    return placeA - placeB;
  };
}

function describe(name: string, failure: ValidationFailure): Fault {
  const field = quote(name);
  const fault = (reason: string, message: string): Fault => ({ field, reason, location: 'body', message });
  const schema = failure.parentSchema ?? {};
  const invalidValue = () =>
    fault('Invalid value', `The \`${field}\` value '${quote(toText(failure.data))}' is not valid.`);
  // One item of a list.
  if (failure.instancePath.split('/').length > 2) return invalidValue();
  switch (failure.keyword) {
    case 'required':
      return fault('Is required', `The \`${field}\` field is required.`);
    case 'additionalProperties':
      return fault('Unknown field', `The field \`${field}\` is not known`);
    case 'not':
      return fault('Is read-only', `The field \`${field}\` cannot be set`);
    case 'type':
      return fault('Invalid type', `The field \`${field}\` must be ${article(schema.type)}`);
    case 'enum':
    case 'minItems':
    case 'maxItems':
    case 'uniqueItems':
      return invalidValue();
    case 'minimum':
    case 'maximum': {
      const reason = failure.keyword === 'minimum' ? 'Value too small' : 'Value too large';
      return fault(reason, `The field \`${field}\` must be between ${schema.minimum} and ${schema.maximum}`);
    }
    case 'minLength':
    case 'maxLength': {
      const reason = failure.keyword === 'minLength' ? 'String too short' : 'String too long';
      const limits = `between ${schema.minLength} and ${schema.maxLength} characters`;
      return fault(reason, `The field \`${field}\` must be ${limits}`);
    }
    case 'pattern':
      return fault('Invalid format', `The field \`${field}\` contains characters that are not allowed`);
    case 'format':
      return fault('Invalid format', `The field \`${field}\` must be ${FORMATS[String(schema.format)]}`);
    default:
      throw new Error(`no message for the schema keyword ${failure.keyword}`);
  }
}

/** A value of a body as a message may show it. An object is not looked into: its `toString`, or its depth, is the client's. */
function toText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (!Array.isArray(value)) return '{…}';
  return value.every((item) => typeof item === 'string') ? value.join(',') : '[…]';
}

function describeParameter(name: string, { keyword, data }: ValidationFailure): Fault {
  const field = quote(name);
  const fault = (reason: string, message: string): Fault => ({ field, reason, location: 'query', message });
  if (keyword === 'additionalProperties') return fault('Unknown field', `The parameter \`${field}\` is not known`);
  if (Array.isArray(data)) return fault('Invalid value', `The parameter \`${field}\` must be given once`);
  return fault('Invalid value', `The \`${field}\` value '${quote(String(data))}' is not valid.`);
}

/** What a text must be, by the name of its format. */
const FORMATS: Record<string, string> = {
  'idn-email': 'a valid email address',
  'date-time': 'an ISO 8601 date and time',
  uri: 'an http or https URL without user, password and fragment',
};

/** @param type as JSON Schema has it: one type, or several of which the first is what a client should send. */
function article(type: unknown): string {
  const [name] = [type].flat();
  return /^[aeiou]/.test(String(name)) ? `an ${name}` : `a ${name}`;
}
