import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { visit } from 'jsonc-parser';

/** The largest body that is read, in bytes (contract, section 4). */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads JSON bodies, and no other. Bytes that are not UTF-8 are not JSON (RFC 8259, section 8.1) and never repaired;
 * `__proto__` and `constructor` are kept as the plain names they are, for the validator to refuse. Where the request
 * has an idempotency key the digest of the bytes is noted.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  app.decorateRequest('bodyHash', null);
  app.decorateRequest('bodyFault', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.headers['idempotency-key'] !== undefined) request.bodyHash = hash('sha256', body, 'buffer');
    // Undefined for what is not JSON: no schema of a body accepts that. An error would close the connection.
    let value: unknown;
    if (!isUtf8(body)) {
      request.bodyFault = 'it is not valid UTF-8';
    } else {
      const text = body.toString('utf8');
      try {
        value = JSON.parse(text);
      } catch {
        request.bodyFault = jsonFault(text);
      }
    }
    done(null, value);
  });
}

/**
 * Why a text is not JSON, and where: never any of the text itself. `JSON.parse` gives a position for some errors only,
 * and repeats some of the text.
 */
export function jsonFault(text: string): string {
  if (text === '') return 'it is empty';
  const position = firstErrorIn(text);
  return position === undefined ? 'it is not valid JSON' : `it is not valid JSON at ${position}`;
}

function firstErrorIn(text: string): string | undefined {
  let position: string | undefined;
  const onError = (_error: number, _offset: number, _length: number, line: number, column: number) => {
    position = `line ${line + 1}, column ${column + 1}`;
    // What follows is a consequence of the first error.
    throw new Error('found');
  };
  try {
    visit(text, { onError }, { disallowComments: true });
  } catch {
    // Found, or nested too deeply for the library.
  }
  return position;
}
