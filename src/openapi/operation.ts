import { STATUS_CODES } from 'node:http';
import type { FastifySchema, RouteOptions } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import {
  type ApiError,
  bodyEmpty,
  bodyNotAnObject,
  invalidIdempotencyKey,
  invalidIfMatch,
  malformedRequest,
  wrongContentType,
} from '../http/errors/api-error.ts';
import { parameterFaultOf } from '../http/errors/validation.ts';
import { badRequest, errorResponse } from './errors.ts';
import { headers } from './headers.ts';
import type { NamedSchemas } from './named-schemas.ts';
import type { Part } from './part.ts';

/** What the document says of a route, and what follows from it. */
interface Route {
  method: string;
  /** Whether it needs no token. */
  open: boolean;
  scope: string | undefined;
  schema: FastifySchema;
  params: TObject | undefined;
  querystring: TObject | undefined;
  body: TObject | undefined;
  responses: [status: number, schema: TSchema][];
}

/** One operation of the document: the route's own description and schemas, and what every such route can answer. */
export function describeOperation(options: RouteOptions, method: string, schemas: NamedSchemas): Part {
  const route = toRoute(options, method);
  const { operationId, tags, summary, description } = route.schema;
  const parameters = describeParameters(route, schemas);
  return {
    operationId,
    tags: tags?.map(({ name }) => name),
    summary,
    description: [description, route.scope && `Scope: \`${route.scope}\``].filter(Boolean).join('\n\n'),
    security: route.open ? [] : [{ bearerAuth: [route.scope].filter(Boolean) }],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: json(schemas.refer(route.body)) } }),
    responses: describeResponses(route, schemas),
  };
}

function toRoute({ config, schema = {} }: RouteOptions, method: string): Route {
  const responses = Object.entries((schema.response ?? {}) as Record<string, TSchema>);
  return {
    method,
    open: config?.public === true,
    scope: config?.scope,
    schema,
    params: schema.params as TObject | undefined,
    querystring: schema.querystring as TObject | undefined,
    body: schema.body as TObject | undefined,
    responses: responses.map(([status, response]) => [Number(status), response]),
  };
}

function describeParameters({ method, open, params, querystring, schema }: Route, schemas: NamedSchemas): Part[] {
  const parameters = [...toParameters('path', params, schemas), ...toParameters('query', querystring, schemas)];
  if (isPaged(querystring)) parameters.push({ $ref: '#/components/parameters/Prefer' });
  if (method === 'GET' && !open) parameters.push({ $ref: '#/components/parameters/If-None-Match' });
  if (schema.conditional) parameters.push({ $ref: '#/components/parameters/If-Match' });
  if (schema.once) parameters.push({ $ref: '#/components/parameters/Idempotency-Key' });
  if (schema.streams) parameters.push({ $ref: '#/components/parameters/Last-Event-ID' });
  return parameters;
}

function toParameters(place: 'path' | 'query', schema: TObject | undefined, schemas: NamedSchemas): Part[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = schemas.refer(property);
    return { name, in: place, required: schema?.required?.includes(name) === true, description, schema: rest };
  });
}

function describeResponses(route: Route, schemas: NamedSchemas): Part {
  const answers = new Map<number, Part>();
  for (const [status, schema] of route.responses) {
    if (status < 400) answers.set(status, describeSuccess(route, status, schemas.refer(schema)));
  }
  if (route.method === 'GET' && !route.open) answers.set(304, describeSuccess(route, 304));
  answers.set(400, badRequest(faultsOf(route), route.open));
  for (const status of errorsOf(route)) answers.set(status, errorResponse(status, route.open));
  return Object.fromEntries(answers);
}

/** @param schema left out for a response that has no body. */
function describeSuccess(route: Route, status: number, schema?: Part): Part {
  const { open, querystring } = route;
  const { once, streams } = route.schema;
  const names: string[] = [];
  if (status === 201) names.push('Location');
  if (once) names.push('Idempotency-Replayed');
  if (status !== 204 && !open) names.push('ETag');
  if (querystring !== undefined) names.push('Link');
  if (isPaged(querystring)) names.push('X-Total-Count', 'Preference-Applied');
  return {
    description: STATUS_CODES[status],
    headers: headers(names, !open),
    ...(schema !== undefined &&
      schema.type !== 'null' && { content: { ...json(schema), ...(streams && EVENT_STREAM) } }),
  };
}

/** The errors of a route other than 400. What follows from its kind it need not say. */
function errorsOf({ method, open, params, responses, schema }: Route): number[] {
  const errors = new Set([405, 408, 414, 431, 500]);
  if (!open) for (const status of [401, 403, 429, 503]) errors.add(status);
  if (params !== undefined) errors.add(404);
  if (schema.expires) errors.add(410);
  if (schema.conditional) errors.add(412);
  if (schema.once) errors.add(422);
  // Of a GET no body is read.
  if (method !== 'GET') errors.add(413);
  for (const [status] of responses) if (status >= 400) errors.add(status);
  return [...errors];
}

/** Examples of what can be wrong with a request. */
function faultsOf({ schema, params, querystring, body }: Route): ApiError[] {
  const faults = [...(schema.faults ?? [])];
  if (schema.conditional) faults.push(invalidIfMatch());
  if (schema.once) faults.push(invalidIdempotencyKey());
  if (body !== undefined && 'minProperties' in body) faults.push(bodyEmpty());
  if (body !== undefined) faults.push(bodyNotAnObject('it is empty'), wrongContentType());
  for (const name of Object.keys(params?.properties ?? {})) {
    faults.push(parameterFaultOf('path', params as TObject, name, 'abc'));
  }
  const [parameter] = Object.keys(querystring?.properties ?? {});
  if (parameter !== undefined) faults.push(parameterFaultOf('query', querystring as TObject, parameter, 'x'));
  if (faults.length === 0) faults.push(malformedRequest());
  return faults;
}

/** Whether it is a list that can be counted. */
function isPaged(querystring: TObject | undefined): boolean {
  return querystring?.properties._page !== undefined;
}

/** Server-sent events, which `Accept: text/event-stream` asks for. */
const EVENT_STREAM = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'Server-sent events without an end. `id` is the `sequence` of an event, `event` its `type`, and `data` the event ' +
        'itself, an `Event` in JSON on one line',
    },
  },
};

function json(schema: Part): Part {
  return { 'application/json': { schema } };
}
