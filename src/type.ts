import type { TObject, TSchema, Type as TypeBox } from 'typebox';

/** The functions of TypeBox that the program uses. */
type Names =
  | ('Array' | 'Boolean' | 'Integer' | 'Literal' | 'Object' | 'Optional' | 'Partial' | 'String' | 'Unsafe')
  | ('IsArray' | 'IsBoolean' | 'IsInteger');

const KIND = '~kind';
const OPTIONAL = '~optional';

function mark(schema: object, name: string, value: unknown): object {
  return Object.defineProperty(schema, name, { value });
}

function copy(schema: object): object {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema));
}

function optional(schema: object): object {
  return OPTIONAL in schema ? schema : mark(copy(schema), OPTIONAL, true);
}

function object(properties: Record<string, object>, options: object = {}): object {
  const required = Object.keys(properties).filter((name) => !(OPTIONAL in (properties[name] as object)));
  return mark({ type: 'object', ...(required.length > 0 && { required }), properties, ...options }, KIND, 'Object');
}

const simple =
  (kind: string) =>
  (options: object = {}): object =>
    mark({ type: kind.toLowerCase(), ...options }, KIND, kind);

const isKind = (kind: string) => (schema: TSchema) => (schema as Record<string, unknown>)[KIND] === kind;

/**
 * Makes JSON schemas. It does what TypeBox does and has its types, of which `Static` derives the type of the values. TypeBox
 * itself is not loaded: its 370 modules take 13 MB of memory and a sixth of the start.
 */
export const Type = {
  Array: (items: object, options?: object) => mark({ type: 'array', items, ...options }, KIND, 'Array'),
  Boolean: simple('Boolean'),
  Integer: simple('Integer'),
  Literal: (value: unknown, options?: object) =>
    mark({ type: typeof value, const: value, ...options }, KIND, 'Literal'),
  Object: object,
  Optional: optional,
  Partial: ({ properties }: TObject, options?: object) =>
    object(Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, optional(schema)])), options),
  String: simple('String'),
  Unsafe: copy,
  IsArray: isKind('Array'),
  IsBoolean: isKind('Boolean'),
  IsInteger: isKind('Integer'),
} as unknown as Pick<typeof TypeBox, Names>;
