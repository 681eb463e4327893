import type { TSchema } from 'typebox';
import type { Part } from './part.ts';
import { PORTABLE_PATTERNS } from './portable-patterns.ts';

/** A JSON schema, as far as it is looked into here. */
interface Schema {
  title?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  readOnly?: boolean;
  type?: unknown;
  description?: string;
  pattern?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string };
}

/**
 * Takes the schemas that have a title out of those they are part of: the document has each once, under its title, and
 * refers to it.
 */
export class NamedSchemas {
  /** What was found so far, for the document's `components`. */
  readonly found: Record<string, Part> = {};

  /** The schema as the document shows it in its place. */
  refer(schema: TSchema): Part {
    return this.#refer(schema as Schema);
  }

  #refer({ title, properties, items, anyOf, oneOf, discriminator, ...rest }: Schema): Part {
    const shown: Part = withoutOwnKeywords(withPortablePattern(rest));
    if (properties !== undefined) {
      // Of what a body must not hold, whatever its value, a client need not know.
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

/** The schema of each value of the discriminator. */
function mapping(oneOf: Schema[] | undefined, { propertyName }: { propertyName: string }): Record<string, string> {
  const entries = oneOf?.flatMap(({ title, properties }) => {
    return properties?.[propertyName]?.enum?.map((value) => [String(value), reference(title)]) ?? [];
  });
  return Object.fromEntries(entries ?? []);
}

/** Without what only the validator of this service knows: a strict validator of a client would not compile it. */
function withoutOwnKeywords(schema: Part): Part {
  const isOwn = ([key, value]: [string, unknown]) => key.startsWith('x-') || (key === 'format' && value === 'cursor');
  return Object.fromEntries(Object.entries(schema).filter((entry) => !isOwn(entry)));
}

function withPortablePattern(schema: Schema): Part {
  const portable = PORTABLE_PATTERNS.get(schema.pattern ?? '');
  if (portable === undefined) return { ...schema };
  const { pattern, rule } = portable;
  return { ...schema, pattern, description: [schema.description, rule].filter(Boolean).join('. ') };
}
