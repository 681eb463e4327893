import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { type ApiError, combine } from './api-error.ts';
import { idempotencyKeyError, ifMatchError } from './header-errors.ts';
import { bodyErrors, pathErrors, queryErrors, type ValidationFailure } from './validation.ts';

const NONE: ReadonlySet<string> = new Set();

/** Applies the `rules` of routes to requests that their schemas accept. */
export function checkRules(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const rules = route.config?.rules;
    if (rules === undefined) return;
    route.preHandler = (request, _reply, done) => {
      done(rules(request, NONE).length === 0 ? undefined : requestError(request));
    };
  });
}

/**
 * The 400 of an invalid request. It lists every validation error that can be found without the database: in the path, the
 * query, the headers and the body, in this order. All schemas are run again, because Fastify stops at the first part that
 * is invalid.
 *
 * @param contentType the error of `Content-Type`, if the body was not read because of it.
 */
export function requestError(request: FastifyRequest, contentType?: ApiError): ApiError {
  const { schema = {}, config } = request.routeOptions;
  const [pathSchema, querySchema, bodySchema] = [schema.params, schema.querystring, schema.body] as TSchema[];
  const path = pathErrors(failuresOf(request, 'params', request.params), pathSchema ?? {});
  const query = queryErrors(failuresOf(request, 'querystring', request.query), querySchema ?? {});
  const headers = [
    contentType,
    schema.conditional ? ifMatchError(request) : undefined,
    schema.idempotencyKey ? idempotencyKeyError(request) : undefined,
  ].filter((error) => error !== undefined);
  const body =
    contentType === undefined
      ? bodyErrors(failuresOf(request, 'body', request.body), bodySchema ?? {}, request.bodyError)
      : [];

  const rejected = new Set([...path, ...query, ...body].filter(isOfKnownField).map(fieldOf));
  const found = config.rules?.(request, rejected) ?? [];
  const at = (location: string) => found.filter(({ details }) => details?.[0]?.location === location);
  return combine([
    ...path,
    ...inOrder(query, at('query'), querySchema),
    ...headers,
    ...at('header'),
    ...inOrder(body, at('body'), bodySchema),
  ]);
}

function failuresOf(request: FastifyRequest, part: 'params' | 'querystring' | 'body', value: unknown) {
  const validate = request.getValidationFunction(part);
  if (validate === undefined || validate(value)) return [];
  return (validate.errors ?? []) as ValidationFailure[];
}

/** Both kinds of errors, in the order of the schema's fields. If a field has both, only the schema's error is kept. */
function inOrder(bySchema: readonly ApiError[], byRules: readonly ApiError[], schema: TSchema | undefined): ApiError[] {
  if (byRules.length === 0) return [...bySchema];
  const fields = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {});
  const rejected = new Set(bySchema.map(fieldOf));
  const position = (error: ApiError) => {
    const index = fields.indexOf(fieldOf(error));
    return index === -1 ? fields.length : index;
  };
  const all = [...bySchema, ...byRules.filter((error) => !rejected.has(fieldOf(error)))];
  return all.sort((a, b) => position(a) - position(b));
}

/** Whether the error is about a parameter or field that the schema has. */
function isOfKnownField({ details }: ApiError): boolean {
  return details?.[0]?.reason !== 'Unknown field';
}

function fieldOf({ details }: ApiError): string {
  return details?.[0]?.field ?? '';
}
