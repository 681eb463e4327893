import type { Tool } from '@modelcontextprotocol/server';
import { ITEMS_KEYWORD } from '../http/keywords.ts';

/** What a model does not need: every token of `tools/list` is paid for in each conversation. The API validates all of it. */
const OMITTED_FROM_INPUT = [
  'pattern',
  'title',
  'examples',
  'minProperties',
  'readOnly',
  'additionalProperties',
  'minLength',
];

/** A result needs names and types only. */
const OMITTED_FROM_OUTPUT = [...OMITTED_FROM_INPUT, 'description', 'format', 'enum', 'minimum', 'maximum', 'maxLength'];

/** The schema of arguments as `tools/list` shows it. */
export function publishInput(schema: object): Tool['inputSchema'] {
  return simplify(schema, new Set(OMITTED_FROM_INPUT)) as Tool['inputSchema'];
}

/** The schema of a result as `tools/list` shows it. */
export function publishOutput(schema: object): Tool['inputSchema'] {
  return simplify(schema, new Set(OMITTED_FROM_OUTPUT)) as Tool['inputSchema'];
}

function simplify(value: unknown, omitted: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => simplify(item, omitted));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name, inner]) => {
    // Not a format that JSON Schema defines for clients, and not a limit that matters.
    const isInternal = inner === 'idn-email' || inner === Number.MAX_SAFE_INTEGER;
    return !omitted.has(name) && !isInternal;
  });
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      name === ITEMS_KEYWORD ? 'items' : name,
      name === 'properties' ? simplifyEach(inner, omitted) : simplify(inner, omitted),
    ]),
  );
}

/** The names of properties are not keywords. */
function simplifyEach(properties: object, omitted: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, simplify(schema, omitted)]));
}
