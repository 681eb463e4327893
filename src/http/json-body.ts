import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { visit } from 'jsonc-parser';

/** The maximum size of a request body. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The maximum size of the body of a batch. */
export const MAX_BATCH_BODY_BYTES = 2 * 1024 * 1024;

/** The position of an error is found by a parser that takes some 50 ms for a MiB. */
const MAX_LOCATED_BYTES = MAX_BODY_BYTES;

const NOT_JSON = 'it is not valid JSON';

/**
 * Parses JSON bodies and rejects other media types. Invalid UTF-8 is not JSON (RFC 8259, section 8.1). `__proto__` and
 * `constructor` stay ordinary property names, which the schemas reject. If the request has an idempotency key, the body is
 * hashed.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  app.decorateRequest('bodyHash', null);
  app.decorateRequest('bodyError', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.headers['idempotency-key'] !== undefined) request.bodyHash = hash('sha256', body, 'buffer');
    // Undefined if it is not JSON, which every body schema rejects. Passing an error would close the connection.
    let value: unknown;
    if (!isUtf8(body)) {
      request.bodyError = 'it is not valid UTF-8';
    } else {
      const text = body.toString('utf8');
      try {
        value = JSON.parse(text);
      } catch {
        request.bodyError = body.length > MAX_LOCATED_BYTES ? NOT_JSON : describeJsonError(text);
      }
    }
    done(null, value);
  });
}

/**
 * Why a text is not JSON, and where. Never includes the text itself, as the messages of `JSON.parse` do; those also lack
 * the position of some errors.
 */
export function describeJsonError(text: string): string {
  if (text === '') return 'it is empty';
  const position = firstErrorIn(text);
  return position === undefined ? NOT_JSON : `${NOT_JSON} at ${position}`;
}

function firstErrorIn(text: string): string | undefined {
  let position: string | undefined;
  const onError = (_error: number, _offset: number, _length: number, line: number, column: number) => {
    position = `line ${line + 1}, column ${column + 1}`;
    // Later errors follow from the first one.
    throw new Error('found');
  };
  try {
    visit(text, { onError }, { disallowComments: true });
  } catch {
    // Found; or the text is nested too deeply for the library.
  }
  return position;
}
