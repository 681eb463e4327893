import type { RouteOptions } from 'fastify';
import { ErrorSchema } from '../http/errors/error-schema.ts';
import type { Tag } from '../http/resource/operation.ts';
import { ERROR_RESPONSES } from './errors.ts';
import { HEADERS } from './headers.ts';
import type { JsonObject } from './json-object.ts';
import { NamedSchemas } from './named-schemas.ts';
import { describeOperation } from './operation.ts';
import { describeWebhooks } from './webhooks.ts';

const INFO = {
  title: 'Task Management API',
  version: '1.0.0',
  description:
    'A self-hosted back end for the users and tasks of an application. A `201` means that the data is on disk. Validation ' +
    'errors name each invalid field and the reason.',
  contact: { name: 'The operator of this server' },
  license: { name: 'MIT', identifier: 'MIT' },
};

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A token issued by `task-api token create` or `POST /tokens`, or a JWT from the OpenID Connect provider that the operator ' +
    'has configured. Development mode (`npm start`) also accepts `your-token-here`.',
};

const PARAMETERS = {
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`count=exact` requests `X-Total-Count`. Other preferences are ignored (RFC 7240)',
    schema: { type: 'string' },
  },
  'Prefer-Handling': {
    name: 'Prefer',
    in: 'header',
    description:
      '`handling=lenient` stores the other items if some are rejected; without it, nothing is stored then. Other preferences ' +
      'are ignored (RFC 7240)',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of an earlier response. If it still matches, the response is 304 without a body',
    schema: { type: 'string' },
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description:
      'The `ETag` of an earlier response, in double quotes. If the resource has changed since, the response is 412 and ' +
      'nothing is changed. Separate several with commas. `*` matches any version; `null` means no header; anything else is 400',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A unique value of your choice for each resource to create, such as a UUID: 1 to 255 visible ASCII characters. If the ' +
      'request is repeated with the same key within 24 hours, nothing more is created and the first response is returned',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  'Consistency-Token': {
    name: 'Consistency-Token',
    in: 'header',
    description:
      'If lists come from replicas: the greatest `Consistency-Token` of earlier responses to writes. The response includes these writes',
    schema: { type: 'string' },
    example: '00000000016b3748',
  },
  'Cache-Control': {
    name: 'Cache-Control',
    in: 'header',
    description:
      'If lists come from replicas: `max-age=2` accepts data that is up to two seconds old, `no-cache` only the current data. ' +
      'Event streams ignore it (RFC 9111)',
    schema: { type: 'string' },
    example: 'no-cache',
  },
  'Last-Event-ID': {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'With `Accept: text/event-stream`: the `id` of the last event that you received. Overrides `_after`',
    schema: { type: 'string', pattern: '^(0|[1-9][0-9]{0,14})?$' },
  },
};

/**
 * The OpenAPI document (https://spec.openapis.org/oas/v3.1.0) of all routes except HEAD and hidden ones. It is generated
 * from the schemas that validate requests and serialize responses.
 */
export function describeApi(routes: readonly RouteOptions[]): JsonObject {
  const schemas = new NamedSchemas();
  schemas.refer(ErrorSchema);
  const paths: Record<string, JsonObject> = {};
  const tags = new Map<string, Tag>();
  for (const route of routes) {
    if (route.schema?.hide) continue;
    for (const tag of route.schema?.tags ?? []) tags.set(tag.name, tag);
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    for (const method of [route.method].flat()) {
      if (method === 'HEAD') continue;
      paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(route, method, schemas) };
    }
  }
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: '/', description: 'This server' }],
    tags: [...tags.values()],
    paths,
    webhooks: describeWebhooks(schemas),
    components: {
      securitySchemes: { bearerAuth: BEARER },
      schemas: schemas.found,
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: ERROR_RESPONSES,
    },
  };
}
