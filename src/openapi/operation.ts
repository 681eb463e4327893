import type { FastifySchema, RouteOptions } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import type { Deprecation } from '../http/deprecation.ts';
import {
  type ApiError,
  bodyEmpty,
  bodyNotAnObject,
  invalidIdempotencyKey,
  invalidIfMatch,
  malformedRequest,
  wrongContentType,
} from '../http/errors/api-error.ts';
import { exampleParameterError } from '../http/errors/validation.ts';
import { STATUS_CODES } from '../node-http.ts';
import { badRequest, errorResponse } from './errors.ts';
import { headers } from './headers.ts';
import type { JsonObject } from './json-object.ts';
import type { NamedSchemas } from './named-schemas.ts';

/** The properties of a route that the document describes or derives from. */
interface Route {
  method: string;
  /** Whether it needs no token. */
  open: boolean;
  scope: string | undefined;
  deprecated: Deprecation | undefined;
  schema: FastifySchema;
  params: TObject | undefined;
  querystring: TObject | undefined;
  body: TObject | undefined;
  responses: [status: number, schema: TSchema][];
}

/** One operation of the document: the route's description and schemas, and the responses that all such routes have. */
export function describeOperation(options: RouteOptions, method: string, schemas: NamedSchemas): JsonObject {
  const route = toRoute(options, method);
  const { operationId, tags, summary, description } = route.schema;
  const parameters = describeParameters(route, schemas);
  return {
    operationId,
    tags: tags?.map(({ name }) => name),
    summary,
    ...(route.deprecated && { deprecated: true }),
    description: [description, describeDeprecation(route.deprecated), route.scope && `Scope: \`${route.scope}\``]
      .filter(Boolean)
      .join('\n\n'),
    security: route.open ? [] : [{ bearerAuth: [route.scope].filter(Boolean) }],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: json(schemas.refer(route.body)) } }),
    responses: describeResponses(route, schemas),
  };
}

function describeDeprecation(deprecated: Deprecation | undefined): string | undefined {
  if (deprecated === undefined) return undefined;
  const { since, sunset, link } = deprecated;
  return `Deprecated since ${since}${sunset ? `, to be removed from ${sunset} on` : ''}: ${link}`;
}

function toRoute({ config, schema = {} }: RouteOptions, method: string): Route {
  const responses = Object.entries((schema.response ?? {}) as Record<string, TSchema>);
  return {
    method,
    open: config?.public === true,
    scope: config?.scope,
    deprecated: config?.deprecated,
    schema,
    params: schema.params as TObject | undefined,
    querystring: schema.querystring as TObject | undefined,
    body: schema.body as TObject | undefined,
    responses: responses.map(([status, response]) => [Number(status), response]),
  };
}

function describeParameters({ method, open, params, querystring, schema }: Route, schemas: NamedSchemas): JsonObject[] {
  const parameters = [...toParameters('path', params, schemas), ...toParameters('query', querystring, schemas)];
  if (isPaged(querystring)) parameters.push({ $ref: '#/components/parameters/Prefer' });
  if (schema.batch) parameters.push({ $ref: '#/components/parameters/Prefer-Handling' });
  if (method === 'GET' && !open) parameters.push({ $ref: '#/components/parameters/If-None-Match' });
  if (schema.conditional) parameters.push({ $ref: '#/components/parameters/If-Match' });
  if (schema.idempotencyKey) parameters.push({ $ref: '#/components/parameters/Idempotency-Key' });
  if (schema.replicated) {
    parameters.push({ $ref: '#/components/parameters/Consistency-Token' });
    parameters.push({ $ref: '#/components/parameters/Cache-Control' });
  }
  if (schema.streams) parameters.push({ $ref: '#/components/parameters/Last-Event-ID' });
  return parameters;
}

function toParameters(location: 'path' | 'query', schema: TObject | undefined, schemas: NamedSchemas): JsonObject[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = schemas.refer(property);
    const required = schema?.required?.includes(name) === true;
    // The values of a list are separated by commas.
    const style = rest.type === 'array' ? { style: 'form', explode: false } : {};
    return { name, in: location, required, description, ...style, schema: rest };
  });
}

function describeResponses(route: Route, schemas: NamedSchemas): JsonObject {
  const responses = new Map<number, JsonObject>();
  for (const [status, schema] of route.responses) {
    if (status < 400) responses.set(status, describeSuccess(route, status, schemas.refer(schema)));
  }
  if (route.method === 'GET' && !route.open) responses.set(304, describeSuccess(route, 304));
  responses.set(400, badRequest(badRequestsOf(route), route.open));
  for (const status of errorsOf(route)) responses.set(status, errorResponse(status, route.open));
  return Object.fromEntries(responses);
}

/** @param schema undefined for a response without a body. */
function describeSuccess(route: Route, status: number, schema?: JsonObject): JsonObject {
  const { method, open, querystring } = route;
  const { batch, idempotencyKey, streams, lines } = route.schema;
  const names: string[] = [];
  if (status === 201 && !batch) names.push('Location');
  if (idempotencyKey) names.push('Idempotency-Replayed');
  if (status !== 204 && !open && !batch) names.push('ETag');
  if (batch && status === 200) names.push('Preference-Applied');
  if (querystring !== undefined) names.push('Link');
  if (streams || lines) names.push('Vary');
  if (isPaged(querystring)) names.push('X-Total-Count', 'Preference-Applied');
  if (method !== 'GET' && !open) names.push('Consistency-Token');
  return {
    description: STATUS_CODES[status],
    headers: headers(names, !open),
    ...(schema !== undefined &&
      schema.type !== 'null' && { content: { ...json(schema), ...(streams && EVENT_STREAM), ...(lines && LINES) } }),
  };
}

/** The error statuses of a route other than 400: those of all routes of its kind, and those that its schema lists. */
function errorsOf({ method, open, params, responses, schema }: Route): number[] {
  const errors = new Set([405, 408, 414, 431, 500]);
  if (!open) for (const status of [401, 403, 429, 503]) errors.add(status);
  if (params !== undefined) errors.add(404);
  if (schema.expires) errors.add(410);
  if (schema.conditional || (schema.batch && method === 'PATCH')) errors.add(412);
  if (schema.idempotencyKey) errors.add(422);
  // The body of a GET is not read.
  if (method !== 'GET') errors.add(413);
  for (const [status] of responses) if (status >= 400) errors.add(status);
  return [...errors];
}

/** Examples of errors with status 400. */
function badRequestsOf({ schema, params, querystring, body }: Route): ApiError[] {
  const errors = [...(schema.errorExamples ?? [])];
  if (schema.conditional) errors.push(invalidIfMatch());
  if (schema.idempotencyKey) errors.push(invalidIdempotencyKey());
  if (body !== undefined && 'minProperties' in body) errors.push(bodyEmpty());
  if (body !== undefined) errors.push(bodyNotAnObject('it is empty'), wrongContentType());
  for (const name of Object.keys(params?.properties ?? {})) {
    errors.push(exampleParameterError('path', params as TObject, name, 'abc'));
  }
  const [parameter] = Object.keys(querystring?.properties ?? {});
  if (parameter !== undefined) errors.push(exampleParameterError('query', querystring as TObject, parameter, 'x'));
  if (errors.length === 0) errors.push(malformedRequest());
  return errors;
}

/** Whether the route is a paginated list. */
function isPaged(querystring: TObject | undefined): boolean {
  return querystring?.properties._page !== undefined;
}

/** The response to `Accept: text/event-stream`. */
const EVENT_STREAM = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'A stream of server-sent events that does not end. `id` is the `sequence` of an event, `event` its `type`, and ' +
        '`data` the `Event` as JSON on one line',
    },
  },
};

/** The response to `Accept: application/x-ndjson`. */
const LINES = {
  'application/x-ndjson': {
    schema: {
      type: 'string',
      description:
        'The whole list as of one moment, without `ETag` and `Link`: on each line an item of the list as JSON. Not with ' +
        '`_page`, `_perPage` or `_cursor`. If the connection is closed before the response is complete, lines are missing',
    },
  },
};

function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}
