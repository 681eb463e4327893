import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** The largest body that is read, in bytes (contract, section 4). */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads JSON bodies, and no other. Bytes that are not UTF-8 are not JSON (RFC 8259, section 8.1) and never repaired;
 * `__proto__` and `constructor` are kept as the plain names they are, for the validator to refuse. Where the request
 * has an idempotency key the digest of the bytes is noted.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  app.decorateRequest('bodyHash', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.headers['idempotency-key'] !== undefined) request.bodyHash = hash('sha256', body, 'buffer');
    done(null, parse(body));
  });
}

/** Undefined for what is not JSON: no schema of a body accepts that. An error would close the connection. */
function parse(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
