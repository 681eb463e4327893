import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

/**
 * Fastify's own serialiser, but with properties in the order of the schema: it would write those that are required
 * before the others.
 */
export const buildSerializer: ReturnType<typeof SerializerSelector> = (externalSchemas, options) => {
  const compile = SerializerSelector()(withoutRequired(externalSchemas), options);
  return (route) => compile({ ...route, schema: withoutRequired(route.schema) });
};

/** The schema without `required`, at any depth. A property may be named so: only the keyword has a list. */
function withoutRequired<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(withoutRequired) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key, value]) => !(key === 'required' && Array.isArray(value)));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutRequired(value)])) as T;
}
