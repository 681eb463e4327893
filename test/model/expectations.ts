import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import type { ExpectedError, Kind, ListOrder } from './model.ts';
import type { Match, Pick, TaskChanges, Twist, UserChanges } from './steps.ts';

type Body = Record<string, unknown>;

export const NAMES = { users: { id: 'userId', path: '/users' }, tasks: { id: 'taskId', path: '/tasks' } };

export function userBody({ contactEmail, ...rest }: UserChanges): Body {
  return { ...rest, ...(contactEmail && { contactEmail: contactEmail.text }) };
}

export function taskBody({ dueDate, ...rest }: Omit<TaskChanges, 'userId'> & { userId?: number | Pick }): Body {
  return { ...rest, ...(dueDate && { dueDate: dueDate.text }) };
}

/**
 * Makes a body invalid, and returns the error that it must get. The body of a PATCH without fields is invalid too.
 *
 * @param id of the PATCH; undefined for a POST.
 */
export function twisted(body: Body, kind: Kind, twist: Twist, id?: number): [Body, ExpectedError | undefined] {
  const error = (field: string, reason: string, message: string, code = 'INVALID_FIELD'): ExpectedError => {
    return { status: 400, code, message, detail: { field, reason, location: 'body' } };
  };
  const text = kind === 'users' ? 'lastName' : 'taskTitle';
  if (twist === 'missing' && id === undefined) {
    const { [text]: _, ...rest } = body;
    return [rest, error(text, 'Is required', `The \`${text}\` field is required.`, 'MISSING_REQUIRED_FIELD')];
  }
  const { id: idField } = NAMES[kind];
  const [isEmpty, readOnly] = [
    error('body', 'Is required', 'The request body must contain at least one field'),
    error(idField, 'Is read-only', `The field \`${idField}\` cannot be set`),
  ];
  const nothing = Object.keys(body).length === 0 ? isEmpty : undefined;
  if (twist === 'ownId') return [{ ...body, [idField]: id ?? 1 }, id === undefined ? readOnly : nothing];
  if (twist === 'readOnly') return [{ ...body, [idField]: (id ?? 0) + 1 }, readOnly];
  if (twist === 'unknown') {
    return [{ ...body, nickname: 'x' }, error('nickname', 'Unknown field', 'The field `nickname` is not known')];
  }
  if (twist === 'wrong') {
    const message = `The field \`${text}\` contains characters that are not allowed; it must not be blank`;
    return [{ ...body, [text]: ' \t' }, error(text, 'Invalid format', message)];
  }
  return [body, id === undefined ? undefined : nothing];
}

/** The header `If-None-Match`, and whether it matches a row with these tags. */
export function ifNoneMatch(match: Match, tags: string[]): [Record<string, string>, boolean] {
  const present = tags.at(-1) ?? '"1"';
  const former = tags.at(-2) ?? '"former"';
  switch (match) {
    case 'none':
      return [{}, false];
    case 'present':
      return [{ 'if-none-match': present }, true];
    case 'weak':
      return [{ 'if-none-match': `W/${present}` }, true];
    case 'former':
      return [{ 'if-none-match': former }, false];
    case 'foreign':
      return [{ 'if-none-match': '"a,b", "c"' }, false];
    case 'several':
      return [{ 'if-none-match': `"a,b",  ${former},${present}` }, true];
    case 'any':
      return [{ 'if-none-match': '*' }, true];
  }
}

export function formatSort(sort: ListOrder['sort']): string {
  return sort.map(({ field, descending }) => `${descending ? '-' : ''}${field}`).join(',');
}

export function perPageOf(url: string): number {
  return Number(new URLSearchParams(url.split('?')[1]).get('_perPage') ?? 20);
}

export function byId(id: string): (a: LightMyRequestResponse, b: LightMyRequestResponse) => number {
  return (a, b) => a.json()[id] - b.json()[id];
}

/** A strong entity tag. */
export function tagOf({ headers }: LightMyRequestResponse): string {
  const tag = String(headers.etag);
  assert.match(tag, /^"[\x21\x23-\x7e]+"$/);
  return tag;
}

/** The body has these fields in this order. */
export function assertOk(response: LightMyRequestResponse, body: object, status = 200, message = ''): void {
  assert.equal(response.statusCode, status, `${message} ${response.payload}`);
  assert.match(String(response.headers['content-type']), /^application\/json/);
  const [shown, expected] = [JSON.stringify(response.json()), JSON.stringify(body)];
  // Texts are compared first, because that is fast and includes the order.
  if (shown !== expected) assert.deepEqual(response.json(), JSON.parse(expected), message);
  assert.equal(shown, expected, message);
}

export function assertNotModified(response: LightMyRequestResponse): void {
  assert.equal(response.statusCode, 304, response.payload);
  assert.equal(response.payload, '');
}

export function assertRejected(
  response: LightMyRequestResponse,
  { status, code, message, detail }: ExpectedError,
): void {
  assert.equal(response.statusCode, status, response.payload);
  const details = detail && { details: [detail] };
  const requestId = response.headers['x-request-id'];
  assert.match(String(requestId), /^req-[0-9a-f-]{36}$/);
  assert.equal(JSON.stringify(response.json()), JSON.stringify({ code, message, ...details, requestId }));
}
