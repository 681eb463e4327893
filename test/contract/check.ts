import type { LightMyRequestResponse } from 'fastify';
import { LINES, linesOf } from '../support/list-stream.ts';
import type { GeneratedRequest } from './generate.ts';

/** The database's responses: they say nothing against the form of a request. */
const ASKED_OF_DATABASE = ['Already in use', 'Does not exist'];

/** Headers that every HTTP response may have, and those that every response of this service has for browsers. */
const COMMON = new Set([
  ...['content-type', 'content-length', 'transfer-encoding', 'date', 'connection', 'keep-alive'],
  ...['x-content-type-options', 'content-security-policy', 'cache-control', 'vary'],
]);

/** What of a response is not as the document says, or undefined. */
export function findViolation(request: GeneratedRequest, response: LightMyRequestResponse): string | undefined {
  const { operation, token, valid } = request;
  const { statusCode, body } = response;
  if (statusCode >= 500) return `status ${statusCode}`;
  const described = operation.responses[String(statusCode)];
  if (described === undefined) return `status ${statusCode} is not in the document`;

  for (const [name, { required, isValid }] of Object.entries(described.headers)) {
    const value = response.headers[name];
    if (value === undefined ? required : !isValid(String(value))) return `the header ${name} is ${value}`;
  }
  for (const name of Object.keys(response.headers)) {
    if (!COMMON.has(name) && !(name in described.headers)) return `the header ${name} is not in the document`;
  }

  if (described.validate === undefined) {
    if (body !== '') return `there is a body: ${body}`;
  } else {
    const body = bodyOf(response, described.lines, operation.path);
    if (body === undefined) return 'it is not JSON';
    const error = described.validate(body);
    if (error !== undefined) return error;
  }

  if (token !== 'admin') return undefined;
  // In a lenient batch, each item has a result of its own.
  if (response.headers['preference-applied'] === 'handling=lenient') return undefined;
  if (!valid && statusCode !== 400) return 'a request that the document does not allow was not rejected';
  if (valid && statusCode === 400) {
    const [detail] = response.json().details;
    if (!ASKED_OF_DATABASE.includes(detail.reason)) return 'a request that the document allows was rejected';
  }
  return undefined;
}

/** The body, or undefined if it is not JSON. Lines are shown as the list that they are of. */
function bodyOf(response: LightMyRequestResponse, lines: boolean, path: string): unknown {
  const type = response.headers['content-type'];
  if (lines && type === LINES) return { [path.slice(1)]: linesOf(response) };
  return type === 'application/json; charset=utf-8' ? response.json() : undefined;
}
