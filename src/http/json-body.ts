import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';

/** The largest body that is read, in bytes (contract, section 4). */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads JSON bodies, and no other. Bytes that are not UTF-8 are not JSON (RFC 8259, section 8.1) and never repaired;
 * `__proto__` and `constructor` are kept as the plain names they are, for the validator to refuse.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
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
