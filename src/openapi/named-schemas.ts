import type { TSchema } from 'typebox';
import { ITEMS_KEYWORD } from '../http/keywords.ts';
import type { JsonObject } from './json-object.ts';
import { PORTABLE_PATTERNS } from './portable-patterns.ts';

/** The keywords of a JSON schema that are used here. */
interface Schema {
  title?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  [ITEMS_KEYWORD]?: Schema;
  readOnly?: boolean;
  type?: unknown;
  description?: string;
  pattern?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string };
}

/** Moves each schema with a title to `components`, and replaces it with a reference. */
export class NamedSchemas {
  /** The schemas with a title, for the document's `components`. */
  readonly found: Record<string, JsonObject> = {};

  /** Returns the schema, or a reference to it if it has a title. */
  refer(schema: TSchema): JsonObject {
    return this.#refer(schema as Schema);
  }

  #refer({ title, properties, [ITEMS_KEYWORD]: batchItems, anyOf, oneOf, discriminator, ...rest }: Schema): JsonObject {
    const { items = batchItems, ...others } = rest;
    const shown: JsonObject = withoutOwnKeywords(withPortablePattern(others));
    if (properties !== undefined) {
      // Read-only properties without a type are always rejected, so clients need not know them.
      const allowed = Object.entries(properties).filter(([, { readOnly, type }]) => !readOnly || type !== undefined);
      shown.properties = Object.fromEntries(allowed.map(([name, property]) => [name, this.#refer(property)]));
    }
    if (items !== undefined) shown.items = this.#refer(items);
    if (anyOf !== undefined) shown.anyOf = anyOf.map((schema) => this.#refer(schema));
    if (oneOf !== undefined) shown.oneOf = oneOf.map((schema) => this.#refer(schema));
    if (discriminator !== undefined) shown.discriminator = { ...discriminator, mapping: mapping(oneOf, discriminator) };
    if (title === undefined) return shown;
    this.found[title] = shown;
    return { $ref: reference(title) };
  }
}

function reference(title: string | undefined): string {
  return `#/components/schemas/${title}`;
}

/** The schema for each value of the discriminator. */
function mapping(oneOf: Schema[] | undefined, { propertyName }: { propertyName: string }): Record<string, string> {
  const entries = oneOf?.flatMap(({ title, properties }) => {
    return properties?.[propertyName]?.enum?.map((value) => [String(value), reference(title)]) ?? [];
  });
  return Object.fromEntries(entries ?? []);
}

/** Removes keywords of this service's validator, which strict validators of clients would not compile. */
function withoutOwnKeywords(schema: JsonObject): JsonObject {
  const isOwn = ([key, value]: [string, unknown]) =>
    key.startsWith('x-') || (key === 'format' && (value === 'cursor' || value === 'search'));
  return Object.fromEntries(Object.entries(schema).filter((entry) => !isOwn(entry)));
}

function withPortablePattern(schema: Schema): JsonObject {
  const portable = PORTABLE_PATTERNS.get(schema.pattern ?? '');
  if (portable === undefined) return { ...schema };
  const { pattern, rule } = portable;
  return { ...schema, pattern, description: [schema.description, rule].filter(Boolean).join('. ') };
}
