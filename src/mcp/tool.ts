import type { LightMyRequestResponse } from 'fastify';
import type { TObject } from 'typebox';
import type { Principal } from '../domain/principal.ts';
import { holdsScope } from '../domain/principal.ts';
import type { Scope } from '../domain/tokens.ts';
import type { ApiError } from '../http/errors/api-error.ts';
import type { ErrorCode } from '../http/errors/error-codes.ts';

/** A request to this service's own HTTP API, with the caller's token. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  /** Undefined values are left out; lists are joined with commas. */
  query?: Record<string, string | number | boolean | readonly (string | number)[] | undefined>;
  body?: object;
  headers?: Record<string, string>;
}

/** Sends a request to the API. @throws ToolError for an error response. */
export type CallApi = (request: ApiRequest) => Promise<LightMyRequestResponse>;

/** A tool of the MCP server: one job, made of requests to the HTTP API. */
export interface Tool<Arguments = never> {
  name: string;
  /** For the model: what it does, and when to use it. */
  description: string;
  /** The token needs one of these scopes. */
  scopes: readonly Scope[];
  /** Whether user tokens may not use it. */
  serviceTokensOnly?: boolean;
  /** Hints for the client (https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations). */
  annotations: { readOnlyHint: boolean; destructiveHint?: boolean; idempotentHint?: boolean; openWorldHint: false };
  /** Arguments. The items of lists are validated by the API. */
  input: TObject;
  output: TObject;
  /** Valid arguments, for error messages. */
  example: object;
  run: (args: Arguments, call: CallApi) => Promise<object>;
}

/** A failed call. The message is for the model. */
export class ToolError extends Error {
  override name = 'ToolError';
  readonly code: ErrorCode;
  /** Whether other arguments are needed. */
  readonly invalid: boolean;

  constructor(message: string, code: ErrorCode, invalid: boolean) {
    super(message);
    this.code = code;
    this.invalid = invalid;
  }
}

/** How the API names what tools name otherwise. */
const ARGUMENTS: readonly (readonly [string, string])[] = [
  ['`_search`', '`search`'],
  ['`_cursor`', '`cursor`'],
  ['`Idempotency-Key` header', '`requestId`'],
];

/** The error of a response of the API: its message and, if several fields are invalid, all of them. */
export function toToolError({
  code,
  message,
  details = [],
}: Pick<ApiError, 'code' | 'message' | 'details'>): ToolError {
  const named = ARGUMENTS.reduce((text, [from, to]) => text.replaceAll(from, to), message);
  const fields = details.length < 2 ? [] : details.map(({ field, reason }) => `- ${field}: ${reason}`);
  const invalid = details.length > 0 || code === 'IDEMPOTENCY_KEY_REUSED';
  return new ToolError([named, ...fields].join('\n'), code, invalid);
}

/** Whether the token may use the tool. */
export function mayUse(principal: Principal, { scopes, serviceTokensOnly }: Tool): boolean {
  if (serviceTokensOnly === true && principal.userId !== null) return false;
  return scopes.some((scope) => holdsScope(principal, scope));
}

/** The cursor of the `next` link of a list, or undefined on the last page. */
export function nextCursor({ headers }: LightMyRequestResponse): string | undefined {
  const link = /<([^>]*)>; rel="next"/.exec(String(headers.link ?? ''))?.[1];
  return link === undefined ? undefined : (new URL(link, 'http://localhost').searchParams.get('_cursor') ?? undefined);
}

/** The header that makes a repeated creation return the first result. */
export function idempotencyHeader(requestId: string | undefined): Record<string, string> {
  return requestId === undefined ? {} : { 'idempotency-key': requestId };
}
