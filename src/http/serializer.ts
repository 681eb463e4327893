import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

/** Fastify's serializer, with properties in the order of the schema. By default, required properties come first. */
export const buildSerializer: ReturnType<typeof SerializerSelector> = (externalSchemas, options) => {
  const compile = SerializerSelector()(withoutRequired(externalSchemas), options);
  return (route) => compile({ ...route, schema: withoutRequired(route.schema) });
};

/** The schema without the keyword `required`, at any depth. Only the keyword is an array; a property may have the same name. */
function withoutRequired<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(withoutRequired) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key, value]) => !(key === 'required' && Array.isArray(value)));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutRequired(value)])) as T;
}
