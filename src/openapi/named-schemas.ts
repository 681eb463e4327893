import type { TSchema } from 'typebox';
import type { Part } from './part.ts';

/** A JSON schema, as far as it is looked into here. */
interface Schema {
  title?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  readOnly?: boolean;
  type?: unknown;
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

  #refer({ title, properties, items, ...rest }: Schema): Part {
    const shown: Part = { ...rest };
    if (properties !== undefined) {
      // Of what a body must not hold, whatever its value, a client need not know.
      const allowed = Object.entries(properties).filter(([, { readOnly, type }]) => !readOnly || type !== undefined);
      shown.properties = Object.fromEntries(allowed.map(([name, property]) => [name, this.#refer(property)]));
    }
    if (items !== undefined) shown.items = this.#refer(items);
    if (title === undefined) return shown;
    this.found[title] = shown;
    return { $ref: `#/components/schemas/${title}` };
  }
}
