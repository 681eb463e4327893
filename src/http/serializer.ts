import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type BuildSerializer = ReturnType<typeof SerializerSelector>;
type Serializer = ReturnType<ReturnType<BuildSerializer>>;

/** Applications of one process, as in tests, share the serializers, so that each schema is compiled once. */
const compiled = new WeakMap<object, Serializer>();

/**
 * Fastify's serializer, with properties in the order of the schema. By default, required properties come first. The
 * schemas of routes are constants and do not refer to schemas of an application.
 */
export const buildSerializer: BuildSerializer = (externalSchemas, options) => {
  const compile = SerializerSelector()(externalSchemas, options);
  return (route) => {
    const known = compiled.get(route.schema as object);
    if (known !== undefined) return known;
    const serializer = compile({ ...route, schema: withoutRequired(route.schema) });
    compiled.set(route.schema as object, serializer);
    return serializer;
  };
};

/** The schema without the keyword `required`, at any depth. Only the keyword is an array; a property may have the same name. */
function withoutRequired<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(withoutRequired) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key, value]) => !(key === 'required' && Array.isArray(value)));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutRequired(value)])) as T;
}
