import type { TSchema } from 'typebox';
import { ApiError, bodyNotAnObject, type ErrorDetail, invalidPathId } from './errors.ts';
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
const PRECEDENCE = ['not', 'type', 'minLength', 'maxLength', 'pattern', 'format'];

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
  if (failures.some(({ keyword, instancePath }) => keyword === 'type' && instancePath === '')) return bodyNotAnObject();
  const byField = new Map<string, ValidationFailure>();
  for (const failure of failures) {
    const field = fieldOf(failure);
    const other = byField.get(field);
    if (other === undefined || precedence(failure) < precedence(other)) byField.set(field, failure);
  }
  const { properties } = schema as { properties?: object };
  const order = Object.keys(properties ?? {});
  const faults = [...byField.keys()].sort(byOrderThenCodePoint(order)).map((field) => {
    return describe(field, byField.get(field) as ValidationFailure);
  });
  const missing = faults.find(({ reason }) => reason === 'Is required');
  const code = missing === undefined ? 'INVALID_FIELD' : 'MISSING_REQUIRED_FIELD';
  const { message } = (missing ?? faults[0]) as Fault;
  const details = faults.map(({ field, reason, location }) => ({ field, reason, location }));
  return new ApiError(400, code, message, { details });
}

function fieldOf({ keyword, instancePath, params }: ValidationFailure): string {
  if (keyword === 'required') return String(params.missingProperty);
  if (keyword === 'additionalProperties') return String(params.additionalProperty);
  // A JSON pointer (RFC 6901). Known fields hold no character that it would escape.
  return instancePath.slice(1);
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
  switch (failure.keyword) {
    case 'required':
      return fault('Is required', `The \`${field}\` field is required.`);
    case 'additionalProperties':
      return fault('Unknown field', `The field \`${field}\` is not known`);
    case 'not':
      return fault('Is read-only', `The field \`${field}\` cannot be set`);
    case 'type':
      return fault('Invalid type', `The field \`${field}\` must be ${article(String(schema.type))}`);
    case 'minLength':
    case 'maxLength': {
      const reason = failure.keyword === 'minLength' ? 'String too short' : 'String too long';
      const limits = `between ${schema.minLength} and ${schema.maxLength} characters`;
      return fault(reason, `The field \`${field}\` must be ${limits}`);
    }
    case 'pattern':
      return fault('Invalid format', `The field \`${field}\` contains characters that are not allowed`);
    case 'format':
      return fault('Invalid format', `The field \`${field}\` must be a valid email address`);
    default:
      throw new Error(`no message for the schema keyword ${failure.keyword}`);
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
