import type { RouteOptions } from 'fastify';
import { ErrorSchema } from '../http/errors/error-schema.ts';
import type { Tag } from '../http/resource/operation.ts';
import { ERROR_RESPONSES } from './errors.ts';
import { HEADERS } from './headers.ts';
import { NamedSchemas } from './named-schemas.ts';
import { describeOperation } from './operation.ts';
import type { Part } from './part.ts';
import { describeWebhooks } from './webhooks.ts';

const INFO = {
  title: 'Task Management API',
  version: '1.0.0',
  description:
    'A self-hosted back end for the users and tasks of an application: JSON in, JSON out. A `201` means that the data is on ' +
    'disk, and every error says which field is wrong and why.',
  contact: { name: 'The operator of this server' },
  license: { name: 'MIT', identifier: 'MIT' },
};

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A token that `task-api token create` has issued, or a JWT of the OpenID Connect provider that the operator has configured. ' +
    'In development mode (`npm start`) `your-token-here` does as well.',
};

const PARAMETERS = {
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`count=exact` asks for `X-Total-Count`; other preferences are ignored (RFC 7240)',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'An `ETag` that you have the answer of: if it is still the same, 304 comes without a body',
    schema: { type: 'string' },
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description:
      'The `ETag` that you have read, in its double quotes: if the resource has changed since, 412 comes and nothing is ' +
      'changed. Several may be given with commas; `*` matches any version; `null` counts as no header; anything else is 400',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A text of your choice, new for each thing to create, of 1 to 255 visible ASCII characters: when the request is sent ' +
      'again with it within 24 hours, nothing more is created, and the answer is the first one again',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  'Last-Event-ID': {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'With `Accept: text/event-stream`: the `id` of the last event that you have. It goes before `_after`',
    schema: { type: 'string', pattern: '^(0|[1-9][0-9]{0,14})?$' },
  },
};

/**
 * The OpenAPI document (https://spec.openapis.org/oas/v3.1.0) of these routes, made from the schemas that validate their
 * requests and write their answers. Every route is in it, but for HEAD and those that are hidden.
 */
export function describeApi(routes: readonly RouteOptions[]): Part {
  const schemas = new NamedSchemas();
  schemas.refer(ErrorSchema);
  const paths: Record<string, Part> = {};
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
